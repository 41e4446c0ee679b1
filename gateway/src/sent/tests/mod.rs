//! From the first octet to the copy in the mailbox, with a mailbox that is a list.

mod course;
mod crash;
mod mailbox;
