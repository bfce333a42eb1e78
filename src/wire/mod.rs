//! Bytes to commands and replies to bytes.
