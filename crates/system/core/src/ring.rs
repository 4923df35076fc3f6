//! A bounded queue of bytes between an interrupt handler and the code that it interrupts.
//!
//! One side pushes, the other pops, nobody waits: a full ring refuses the new byte and counts it.
//! The slots are atomics, so that even a second producer by mistake could at worst lose bytes, never
//! memory safety.

use core::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

/// A queue of at most `N` bytes for one producer and one consumer; usable as a `static`.
pub struct ByteRing<const N: usize> {
    slots: [AtomicU8; N],
    /// Bytes ever pushed; written by the producer alone. Wraps.
    pushed: AtomicUsize,
    /// Bytes ever popped; written by the consumer alone. Wraps.
    popped: AtomicUsize,
    lost: AtomicUsize,
}

impl<const N: usize> ByteRing<N> {
    /// An empty ring. `N` must be a power of two, so that the wrapping counters stay in step with
    /// the slots.
    pub const fn new() -> Self {
        const { assert!(N.is_power_of_two(), "the capacity of a ring must be a power of two") };
        Self {
            slots: [const { AtomicU8::new(0) }; N],
            pushed: AtomicUsize::new(0),
            popped: AtomicUsize::new(0),
            lost: AtomicUsize::new(0),
        }
    }

    /// Appends a byte; `false`, and a count in [`lost`](Self::lost), when the ring is full. Only the
    /// producer may call it.
    pub fn push(&self, byte: u8) -> bool {
        let pushed = self.pushed.load(Ordering::Relaxed);
        // Acquire: the consumer has read the slot before it is written again.
        if pushed.wrapping_sub(self.popped.load(Ordering::Acquire)) >= N {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        self.slots[pushed % N].store(byte, Ordering::Relaxed);
        // Release: whoever sees the new count sees the byte.
        self.pushed.store(pushed.wrapping_add(1), Ordering::Release);
        true
    }

    /// Takes the oldest byte. Only the consumer may call it.
    pub fn pop(&self) -> Option<u8> {
        let popped = self.popped.load(Ordering::Relaxed);
        if popped == self.pushed.load(Ordering::Acquire) {
            return None;
        }
        let byte = self.slots[popped % N].load(Ordering::Relaxed);
        self.popped.store(popped.wrapping_add(1), Ordering::Release);
        Some(byte)
    }

    /// How many bytes wait.
    pub fn len(&self) -> usize {
        // The consumer's count first: the other order could see more popped than pushed.
        let popped = self.popped.load(Ordering::Acquire);
        self.pushed.load(Ordering::Acquire).wrapping_sub(popped).min(N)
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes were refused because the ring was full.
    pub fn lost(&self) -> usize {
        self.lost.load(Ordering::Relaxed)
    }
}

impl<const N: usize> Default for ByteRing<N> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn gives_bytes_back_in_order_across_the_wrap() {
        let ring = ByteRing::<4>::new();
        for round in 0..100_u8 {
            for i in 0..3 {
                assert!(ring.push(round.wrapping_mul(3).wrapping_add(i)));
            }
            assert_eq!(ring.len(), 3);
            for i in 0..3 {
                assert_eq!(ring.pop(), Some(round.wrapping_mul(3).wrapping_add(i)));
            }
            assert!(ring.is_empty());
        }
        assert_eq!(ring.lost(), 0);
    }

    #[test]
    fn refuses_and_counts_what_does_not_fit() {
        let ring = ByteRing::<2>::new();
        assert!(ring.push(1));
        assert!(ring.push(2));
        assert!(!ring.push(3));
        assert!(!ring.push(4));
        assert_eq!(ring.lost(), 2);
        assert_eq!(ring.pop(), Some(1));
        assert!(ring.push(5));
        assert_eq!([ring.pop(), ring.pop(), ring.pop()], [Some(2), Some(5), None]);
    }

    #[test]
    fn counters_that_wrap_around_lose_nothing() {
        let ring = ByteRing::<4>::new();
        ring.pushed.store(usize::MAX - 1, Ordering::Relaxed);
        ring.popped.store(usize::MAX - 1, Ordering::Relaxed);
        for byte in 0..4 {
            assert!(ring.push(byte));
        }
        assert!(!ring.push(9));
        for byte in 0..4 {
            assert_eq!(ring.pop(), Some(byte));
        }
        assert_eq!(ring.pop(), None);
    }

    #[test]
    fn two_threads_pass_every_byte_once_and_in_order() {
        const COUNT: usize = if cfg!(miri) { 500 } else { 100_000 };
        static RING: ByteRing<16> = ByteRing::new();
        let producer = thread::spawn(|| {
            for i in 0..COUNT {
                while !RING.push(i as u8) {
                    thread::yield_now();
                }
            }
        });
        for i in 0..COUNT {
            let byte = loop {
                match RING.pop() {
                    Some(byte) => break byte,
                    None => thread::yield_now(),
                }
            };
            assert_eq!(byte, i as u8);
        }
        producer.join().expect("the producer does not panic");
        assert_eq!(RING.pop(), None);
    }
}
