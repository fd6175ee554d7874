//! The pages as a browser gets them, with a backend that is made up.

mod account;
mod activity;
mod board;
mod connection;
mod data;
mod invite;
mod render;
mod sign_in;
mod team;
