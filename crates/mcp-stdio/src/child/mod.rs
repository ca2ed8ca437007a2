//! A child: its process, what is under way in it, and its end.

mod group;
mod life;
mod mailbox;
mod process;
mod routing;
mod stderr;
mod table;

pub(crate) use life::{Attached, Child, ChildEnd, Start};
pub(crate) use mailbox::{Incoming, Piece};
pub(crate) use routing::CANCELLED;
#[cfg(feature = "fuzzing")]
pub(crate) use table::Table;
pub(crate) use table::Ticket;
