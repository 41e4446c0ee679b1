//! What stands in the folders, whatever happens in between.

mod crash;
mod power;
mod scenario;
mod usual;
