//! Whole sign-ins in process: the router, a browser with its cookies, and third parties in memory.

mod account;
mod audit;
mod authorize;
mod callback;
mod connect;
mod consent;
mod left_open;
mod local;
mod order;
mod rules;
mod step_up;
mod world;
