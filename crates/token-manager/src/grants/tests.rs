mod code;
mod dropped;
mod faults;
mod records;
mod refresh;
mod resting;
mod revocation;
mod time;
