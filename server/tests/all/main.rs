//! The server's tests, over the real router and a real SQLite file.

mod audit;
mod documented;
mod errors;
mod keys;
mod openapi;
mod operator;
mod patch;
mod people;
mod program;
mod requests;
mod store;
mod support;
mod tenancy;
mod tokens;
mod undo;
mod web;
