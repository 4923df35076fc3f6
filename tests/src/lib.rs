//! Shared parts of the tests that boot the system.
