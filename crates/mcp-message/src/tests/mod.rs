mod bodies;
mod headers;
mod operations;
mod parameters;
mod random;
