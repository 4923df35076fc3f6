//! The engine's encoder as a [`TextEmbedder`] that several parts of a system share.

use crate::embedder::{BoxFuture, TextEmbedder};
use alloc::{boxed::Box, vec::Vec};
use core::{cell::Cell, future::poll_fn, task::Poll};
use llm_inference::embedding::{EmbedError, Embedder};
use system_platform::Pacer;

/// An encoder and the pacer that its computing keeps to. Whoever comes while it computes waits.
pub struct EngineEmbedder<'m, P> {
    /// `None` while somebody computes.
    embedder: Cell<Option<Embedder<'m>>>,
    fingerprint: u64,
    pacer: P,
}

impl<'m, P: Pacer> EngineEmbedder<'m, P> {
    /// Shares an encoder.
    pub fn new(embedder: Embedder<'m>, pacer: P) -> Self {
        let fingerprint = embedder.info().fingerprint;
        Self { embedder: Cell::new(Some(embedder)), fingerprint, pacer }
    }

    async fn borrow(&self) -> Borrowed<'_, 'm> {
        poll_fn(|task| match self.embedder.take() {
            Some(embedder) => {
                Poll::Ready(Borrowed { place: &self.embedder, embedder: Some(embedder) })
            }
            None => {
                task.waker().wake_by_ref();
                Poll::Pending
            }
        })
        .await
    }
}

/// An encoder that goes back to its place, also when its work is given up halfway.
struct Borrowed<'p, 'm> {
    place: &'p Cell<Option<Embedder<'m>>>,
    embedder: Option<Embedder<'m>>,
}

impl Drop for Borrowed<'_, '_> {
    fn drop(&mut self) {
        self.place.set(self.embedder.take());
    }
}

impl<P: Pacer> TextEmbedder for EngineEmbedder<'_, P> {
    fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    fn knows_meaning(&self) -> bool {
        true
    }

    fn embed<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Vec<f32>, EmbedError>> {
        Box::pin(async move {
            let mut borrowed = self.borrow().await;
            let embedder = borrowed.embedder.as_mut().expect("taken from its place just now");
            embedder.embed_beginning(text, &self.pacer).await
        })
    }
}
