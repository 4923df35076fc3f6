//! Which models there are: `/models`.

use crate::{Agent, EmbeddingModel};
use alloc::{format, string::String};
use llm_inference::model::{LanguageModel, ModelInfo};
use llm_tools::measure::bytes;

pub fn list<M: LanguageModel>(agent: &Agent<'_, M>) -> String {
    let language = match &agent.model {
        None => "none".into(),
        Some(model) => {
            let (context, trained) = (model.context_limit(), model.info().trained_context);
            format!("{}, context of {context} tokens (trained for {trained})", facts(model.info()))
        }
    };
    let embedding = match agent.host.embedding() {
        EmbeddingModel::Missing => "none".into(),
        EmbeddingModel::Waiting => "being loaded".into(),
        EmbeddingModel::Unusable(reason) => format!("cannot be used: {reason}"),
        EmbeddingModel::Ready(info) => format!(
            "{}, vectors of {} numbers, texts of up to {} tokens",
            facts(&info),
            info.embedding_length,
            info.trained_context
        ),
    };
    format!("- language: {language}\n- embedding: {embedding}")
}

fn facts(info: &ModelInfo) -> String {
    let millions = (info.parameters + 500_000) / 1_000_000;
    format!(
        "{} {}, architecture {}, {millions} M parameters, {}",
        info.name,
        info.quantization,
        info.architecture,
        bytes(info.size_bytes)
    )
}
