//! The gateway under attack: the built binary, real sockets, an upstream that records what reaches it.
//!
//! Each test carries the id of its row in the threat model; each refusal stands beside a request that differs in one
//! point and passes.

#[cfg(test)]
mod api_keys;
#[cfg(test)]
mod bearer;
#[cfg(test)]
mod bodies;
#[cfg(test)]
mod configuration;
#[cfg(test)]
mod dpop;
#[cfg(test)]
mod framing;
#[cfg(test)]
mod gateway;
#[cfg(test)]
mod headers;
#[cfg(test)]
mod http2;
#[cfg(test)]
mod http2_floods;
#[cfg(test)]
mod http2_wire;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod late_bodies;
mod logs;
#[cfg(test)]
mod names;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod principals;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod slowness;
#[cfg(test)]
mod wire;
#[cfg(test)]
mod without_credential;
