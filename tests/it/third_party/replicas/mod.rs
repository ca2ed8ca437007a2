//! Several gateways that share a database.

mod balancer;
mod cluster;
mod ends;
mod outages;
mod races;
mod refreshes;
mod tour;
