//! The server's tests, over the real router and a real SQLite file.

mod documented;
mod errors;
mod openapi;
mod patch;
mod program;
mod requests;
mod store;
mod support;
mod tenancy;
mod tokens;
mod web;
