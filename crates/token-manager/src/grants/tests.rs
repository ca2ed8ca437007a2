mod code;
mod faults;
mod records;
mod refresh;
mod revocation;
mod time;
