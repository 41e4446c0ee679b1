//! The mail server over a stream in memory and over loopback.

mod changes;
mod clients;
mod fetch;
mod idle;
mod login;
mod mailboxes;
mod pair;
mod search;
mod switches;
mod transport;
