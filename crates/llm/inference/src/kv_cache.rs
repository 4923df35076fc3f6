//! Keys and values of the tokens computed so far, in halves.

use alloc::{collections::TryReserveError, vec::Vec};
use llm_tensor::{attention::CachedHead, half::f32_to_f16};

/// The cache. All memory is reserved when it is made, but written only as tokens come, so that a
/// long context costs no time before it is used.
#[derive(Debug)]
pub struct KvCache {
    layers: Vec<LayerCache>,
    kv_heads: usize,
    head_dim: usize,
    capacity: usize,
}

#[derive(Debug)]
struct LayerCache {
    /// `(positions, kv_heads, head_dim)`
    keys: Vec<u16>,
    /// `(positions, kv_heads, head_dim)`
    values: Vec<u16>,
}

impl KvCache {
    /// Reserves room for `capacity` tokens.
    ///
    /// # Errors
    /// There is not enough memory.
    pub fn new(
        layers: usize,
        kv_heads: usize,
        head_dim: usize,
        capacity: usize,
    ) -> Result<Self, TryReserveError> {
        let mut cache = Self { layers: Vec::new(), kv_heads, head_dim, capacity };
        cache.layers.try_reserve_exact(layers)?;
        for _ in 0..layers {
            let (mut keys, mut values) = (Vec::new(), Vec::new());
            keys.try_reserve_exact(capacity * kv_heads * head_dim)?;
            values.try_reserve_exact(capacity * kv_heads * head_dim)?;
            cache.layers.push(LayerCache { keys, values });
        }
        Ok(cache)
    }

    /// Bytes that [`Self::new`] reserves.
    pub const fn len_bytes(
        layers: usize,
        kv_heads: usize,
        head_dim: usize,
        capacity: usize,
    ) -> u64 {
        2 * 2 * (layers as u64) * (kv_heads as u64) * (head_dim as u64) * (capacity as u64)
    }

    /// Tokens it has room for.
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Stores keys and values, each `(tokens, kv_heads * head_dim)`, of the tokens from position
    /// `first` on. What stood there and after is forgotten.
    pub fn store(&mut self, layer: usize, first: usize, keys: &[f32], values: &[f32]) {
        let width = self.kv_heads * self.head_dim;
        assert!(first + keys.len() / width <= self.capacity, "the caller keeps to the context");
        let cache = &mut self.layers[layer];
        for (cache, new) in [(&mut cache.keys, keys), (&mut cache.values, values)] {
            cache.truncate(first * width);
            cache.extend(new.iter().map(|&value| f32_to_f16(value)));
        }
    }

    /// The first `positions` entries of one head.
    pub fn head(&self, layer: usize, head: usize, positions: usize) -> CachedHead<'_> {
        let cache = &self.layers[layer];
        CachedHead {
            keys: &cache.keys[head * self.head_dim..],
            values: &cache.values[head * self.head_dim..],
            stride: self.kv_heads * self.head_dim,
            head_dim: self.head_dim,
            positions,
        }
    }
}
