//! The context window: the memory of the agent, counted in the tokens of the model.
#![no_std]
#![forbid(unsafe_code)]
