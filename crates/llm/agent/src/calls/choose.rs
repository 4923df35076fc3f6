//! Which form a model's calls have.

use super::{ARGS, CALL_METHOD, CallFormat, PYTHON_TAG, TOOL_CALL, TOOL_CALLS};
use llm_inference::model::LanguageModel;

impl CallFormat {
    /// The form of a model.
    pub fn of(model: &impl LanguageModel) -> Self {
        Self::choose(model.chat_template(), &model.info().architecture)
    }

    /// The form that a chat template speaks of or, if it says nothing, that models of the architecture
    /// know; else ours.
    pub fn choose(chat_template: Option<&str>, architecture: &str) -> Self {
        let template = chat_template.unwrap_or_default();
        let says = |text: &str| template.contains(text);
        if says(TOOL_CALL.0) {
            Self::Hermes
        } else if says(TOOL_CALLS) {
            if says(ARGS) { Self::MistralArgs } else { Self::MistralList }
        } else if says(PYTHON_TAG) || says("ipython") {
            // Tools of one's own are called as JSON, also where others are called as code.
            let has_json = says("\"parameters\"") || !says(CALL_METHOD);
            if has_json { Self::LlamaJson } else { Self::LlamaTag }
        } else if says("tool_code") || architecture.starts_with("gemma") {
            // Gemma's templates up to the third say nothing of tools; the models know this form.
            Self::GemmaCode
        } else {
            Self::Own
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use alloc::format;

    #[test]
    fn public_templates_name_their_form() {
        for (name, architecture, format) in [
            ("chatml", "llama", CallFormat::Own),
            ("smollm2", "llama", CallFormat::Own),
            ("qwen2.5", "qwen2", CallFormat::Hermes),
            ("qwen3", "qwen3", CallFormat::Hermes),
            ("llama-3", "llama", CallFormat::Own),
            ("llama-3.2", "llama", CallFormat::LlamaJson),
            ("mistral-7b-v0.2", "llama", CallFormat::Own),
            ("mistral-nemo", "llama", CallFormat::MistralList),
            ("gemma-2", "gemma2", CallFormat::GemmaCode),
            ("gemma-3", "gemma3", CallFormat::GemmaCode),
            ("phi-4-mini", "phi3", CallFormat::Own),
            ("deepseek-r1-distill", "qwen2", CallFormat::Own),
        ] {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/fixtures/templates");
            let path = format!("{folder}/{name}.jinja");
            let template =
                std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert_eq!(CallFormat::choose(Some(&template), architecture), format, "{name}");
        }
    }

    #[test]
    fn newer_and_older_forms_of_a_family_are_told_apart() {
        let choose = |template| CallFormat::choose(Some(template), "llama");
        assert_eq!(choose("[TOOL_CALLS]{{ name }}[ARGS]{{ arguments }}"), CallFormat::MistralArgs);
        let built_in = "{{- \"<|python_tag|>\" + tool_call.name + \".call(\" }}";
        assert_eq!(choose(built_in), CallFormat::LlamaTag);
        let both = format!("{built_in}{{{{- '\"parameters\": ' }}}}");
        assert_eq!(CallFormat::choose(Some(&both), "llama"), CallFormat::LlamaJson);
        assert_eq!(choose("```tool_code"), CallFormat::GemmaCode);
        assert_eq!(CallFormat::choose(None, "gemma3"), CallFormat::GemmaCode);
        assert_eq!(CallFormat::choose(None, "llama"), CallFormat::Own);
    }
}
