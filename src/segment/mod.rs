//! Growing and sealed rows.
