mod code;
mod faults;
mod records;
mod refresh;
mod resting;
mod revocation;
mod time;
