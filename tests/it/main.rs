//! End-to-end tests of the built binary: processes, sockets, real clients and servers.

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod checking;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod flow;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod oversight;
#[cfg(test)]
mod private_network;
#[cfg(test)]
mod real;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod soak;
#[cfg(test)]
mod stdio;
#[cfg(test)]
mod stopping;
#[cfg(test)]
mod support;
#[cfg(feature = "third-party")]
#[cfg(test)]
mod third_party;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod together;
#[cfg(test)]
mod towards_upstream;
