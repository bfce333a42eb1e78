//! The rules for names.
