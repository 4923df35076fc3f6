//! The embedding model, the second module: looked at when the prompt is up and no line waits, so that
//! nobody waits for it. Without it, or with one that is no good, everything else works.

use super::{event_log, host::KernelHost, observer::ConsoleObserver};
use crate::{
    boot::BootInfo,
    platform::{clock::KernelClock, executor::KernelPacer, pool::CpuPool},
};
use alloc::{format, string::ToString};
use core::fmt;
use llm_agent::EmbeddingModel;
use llm_inference::{
    embedding::{EmbedError, Embedder},
    engine::{DEFAULT_QUANTUM, LoadError},
};
use llm_memory::EngineEmbedder;
use llm_tensor::CpuFeatures;
use system_events::Event;
use system_platform::Clock;

/// A text to prove on that the model computes.
const PROBE: &str = "The quick brown fox jumps over the lazy dog.";

/// Loads the embedding model that the boot loader brought, if it brought one, and tells how that
/// went.
pub async fn load(
    observer: &ConsoleObserver,
    host: &KernelHost,
    boot: &BootInfo,
    pacer: &KernelPacer,
) {
    let Some(module) = boot.embedding() else { return };
    let started_ms = KernelClock.now_ms();
    match prove(module.bytes, pacer).await {
        Ok(embedder) => {
            let info = embedder.info().clone();
            event_log::write(&Event::EmbeddingLoaded {
                name: &info.name,
                architecture: &info.architecture,
                quantization: &info.quantization,
                parameters: info.parameters,
                size_bytes: info.size_bytes,
                dimensions: info.embedding_length as u64,
                context: info.trained_context as u64,
                load_ms: KernelClock.now_ms() - started_ms,
            });
            host.set_embedder(KernelEmbedder::new(embedder, KernelPacer::new()));
            host.set_embedding(EmbeddingModel::Ready(info));
        }
        Err(error) => {
            let text = format!("The embedding model {} cannot be used: {error}.", module.path);
            observer.report_error("embedding", &text);
            host.set_embedding(EmbeddingModel::Unusable(error.to_string()));
        }
    }
}

/// Loads the model and has it compute a vector, which shows that its weights are numbers.
async fn prove(file: &'static [u8], pacer: &KernelPacer) -> Result<Embedder<'static>, Unusable> {
    let mut embedder = Embedder::load(file, CpuFeatures::detect(), DEFAULT_QUANTUM, &CpuPool)
        .map_err(Unusable::Load)?;
    embedder.embed(PROBE, pacer).await.map_err(Unusable::Compute)?;
    Ok(embedder)
}

/// The loaded embedding model, for all who want vectors.
pub type KernelEmbedder = EngineEmbedder<'static, KernelPacer>;

/// Why an embedding model is no good.
enum Unusable {
    /// The file.
    Load(LoadError),
    /// The computation.
    Compute(EmbedError),
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(error) => error.fmt(f),
            Self::Compute(error) => error.fmt(f),
        }
    }
}
