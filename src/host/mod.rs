//! Storage and the driver.
