mod bodies;
mod headers;
mod operations;
mod random;
