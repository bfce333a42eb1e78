//! Tests of the crate as a whole and of the house that it lives in, in one binary.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, helpers of tests too")]

#[cfg(feature = "grpc")]
mod access;
mod asked;
mod crash;
mod damage;
mod drift;
mod driven;
mod exact;
mod expiring;
mod exported;
mod expressions;
mod failing;
mod fields;
mod filter_model;
mod full;
mod glosses;
mod golden;
mod groups;
#[cfg(feature = "grpc")]
mod grpc;
mod hosts;
mod late;
mod limits;
mod model;
mod recall;
mod rest;
mod scenarios;
#[path = "../hosts/simulated/mod.rs"]
mod simulated;
mod structures;
#[path = "../hosts/suite.rs"]
mod suite;
mod table;
mod tidy;
mod world;
