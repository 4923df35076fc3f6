//! Which models there are, and which is used: `/models /model`.

use super::CommandError;
use crate::{
    Agent, EmbeddingModel,
    models::{ModelPlace, choose},
};
use alloc::{format, string::String};
use core::fmt::Write;
use llm_inference::model::{LanguageModel, ModelInfo};
use llm_tools::measure::bytes;

/// The models in use, and the files there are.
pub async fn list<M: LanguageModel>(agent: &Agent<'_, M>) -> String {
    let mut text = in_use(agent);
    let files = agent.host.models().await;
    if !files.is_empty() {
        text.push_str("\n\nFiles, for `/model NAME`:");
    }
    for file in files {
        let place = match &file.place {
            ModelPlace::Boot(_) => "boot",
            ModelPlace::Disk(path) => path,
        };
        let mark = if file.is_used { ", in use" } else { "" };
        // Writing to a string cannot fail.
        let _ = write!(text, "\n- {}, {}, {place}{mark}", file.name, bytes(file.size_bytes));
    }
    text
}

/// Asks for the model of a name; without one tells of those in use.
pub async fn switch<M: LanguageModel>(
    agent: &mut Agent<'_, M>,
    name: &str,
) -> Result<String, CommandError> {
    if name.is_empty() {
        return Ok(in_use(agent));
    }
    let files = agent.host.models().await;
    let file = choose(name, &files)?;
    if file.is_used {
        return Ok(format!("{} is in use.", file.name));
    }
    let text = format!("{} is being loaded, {}.", file.name, bytes(file.size_bytes));
    agent.model_request = Some(file.clone());
    Ok(text)
}

fn in_use<M: LanguageModel>(agent: &Agent<'_, M>) -> String {
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
