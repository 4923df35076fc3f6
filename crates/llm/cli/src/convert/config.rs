//! The settings of a sentence-transformers model: `config.json`, and how it pools.

use super::{ConvertError, read_json};
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;

/// The shape of the encoder, as `config.json` names it.
#[derive(Clone, Debug, Deserialize)]
pub struct BertConfig {
    /// What the model is; `bert`.
    pub model_type: String,
    /// Width of the residual stream.
    pub hidden_size: usize,
    /// Layers.
    pub num_hidden_layers: usize,
    /// Heads.
    pub num_attention_heads: usize,
    /// Width of the feed-forward layers.
    pub intermediate_size: usize,
    /// Activation of the feed-forward layers.
    pub hidden_act: String,
    /// Added to the variance by the norms.
    pub layer_norm_eps: f32,
    /// Longest text, in tokens.
    pub max_position_embeddings: usize,
    /// How positions enter; absolute if it is not said.
    pub position_embedding_type: Option<String>,
    /// Rows of the embedding of token types.
    #[serde(default = "one")]
    pub type_vocab_size: usize,
    /// Tokens in the vocabulary.
    pub vocab_size: usize,
}

fn one() -> usize {
    1
}

/// How the vectors of the tokens become one of the text. The numbers are llama.cpp's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Their mean.
    Mean = 1,
    /// The first one.
    Cls = 2,
    /// The last one.
    Last = 3,
}

impl BertConfig {
    /// Reads and checks the file.
    ///
    /// # Errors
    /// A setting that is missing, or that a bert GGUF cannot express.
    pub fn read(folder: &Path) -> Result<Self, ConvertError> {
        let config: Self = read_json(&folder.join("config.json"))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConvertError> {
        let bad = |key: &str, problem: String| {
            Err(ConvertError::setting(format!("config.json: {key}"), problem))
        };
        if self.model_type != "bert" {
            return bad("model_type", format!("{:?} is not supported, only bert", self.model_type));
        }
        if self.hidden_act != "gelu" {
            return bad("hidden_act", format!("{:?} is not supported, only gelu", self.hidden_act));
        }
        if let Some(other) =
            self.position_embedding_type.as_deref().filter(|&kind| kind != "absolute")
        {
            let problem = format!("{other:?} is not supported, only absolute");
            return bad("position_embedding_type", problem);
        }
        for (key, value) in [
            ("hidden_size", self.hidden_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("max_position_embeddings", self.max_position_embeddings),
            ("type_vocab_size", self.type_vocab_size),
            ("vocab_size", self.vocab_size),
        ] {
            if value == 0 || u32::try_from(value).is_err() {
                return bad(key, format!("{value} makes no sense"));
            }
        }
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            let heads = self.num_attention_heads;
            return bad(
                "num_attention_heads",
                format!("{heads} do not divide {}", self.hidden_size),
            );
        }
        if !(self.layer_norm_eps > 0.0 && self.layer_norm_eps < 1.0) {
            return bad("layer_norm_eps", format!("{} makes no sense", self.layer_norm_eps));
        }
        Ok(())
    }
}

/// A step of the pipeline in `modules.json`.
#[derive(Deserialize)]
struct Module {
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

/// How the model pools, by the pipeline in `modules.json`; `None` where the folder has none.
///
/// # Errors
/// A pipeline with a step that a bert GGUF cannot express, or another kind of pooling.
pub fn read_pooling(folder: &Path) -> Result<Option<Pooling>, ConvertError> {
    let path = folder.join("modules.json");
    if !path.exists() {
        return Ok(None);
    }
    let mut pooling = None;
    for module in read_json::<Vec<Module>>(&path)? {
        // Only the last part is fixed: the package has moved about.
        match module.kind.rsplit('.').next() {
            Some("Transformer" | "Normalize") => {}
            Some("Pooling") => {
                let file = Path::new(&module.path).join("config.json");
                let settings: Value = read_json(&folder.join(&file))?;
                pooling = Some(pooling_of(&file, &settings)?);
            }
            _ => {
                let problem = format!("a step {:?} is not supported", module.kind);
                return Err(ConvertError::setting("modules.json", problem));
            }
        }
    }
    Ok(pooling)
}

fn pooling_of(file: &Path, settings: &Value) -> Result<Pooling, ConvertError> {
    const PREFIX: &str = "pooling_mode_";
    let modes: Vec<&str> = (settings.as_object().into_iter().flatten())
        .filter(|(_, value)| **value == Value::Bool(true))
        .filter_map(|(key, _)| key.strip_prefix(PREFIX))
        .collect();
    match modes[..] {
        ["mean_tokens"] => Ok(Pooling::Mean),
        ["cls_token"] => Ok(Pooling::Cls),
        ["lasttoken"] => Ok(Pooling::Last),
        _ => {
            let problem = format!("the modes {modes:?} are not supported, only mean, CLS or last");
            Err(ConvertError::setting(file.display().to_string(), problem))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn config(key: &str, value: Value) -> Result<(), ConvertError> {
        let mut settings = json!({
            "model_type": "bert", "hidden_size": 384, "num_hidden_layers": 6,
            "num_attention_heads": 12, "intermediate_size": 1536, "hidden_act": "gelu",
            "layer_norm_eps": 1e-12, "max_position_embeddings": 512, "type_vocab_size": 2,
            "vocab_size": 30522,
        });
        settings[key] = value;
        serde_json::from_value::<BertConfig>(settings).expect("all keys are there").check()
    }

    #[test]
    fn settings_without_counterpart_are_refused_by_name() {
        assert!(config("position_embedding_type", json!("absolute")).is_ok());
        for (key, value, expected) in [
            ("model_type", json!("roberta"), "\"roberta\" is not supported, only bert"),
            ("hidden_act", json!("gelu_new"), "\"gelu_new\" is not supported, only gelu"),
            ("position_embedding_type", json!("relative_key"), "\"relative_key\" is not supported"),
            ("num_attention_heads", json!(7), "7 do not divide 384"),
            ("num_hidden_layers", json!(0), "0 makes no sense"),
            ("vocab_size", json!(1_u64 << 40), "1099511627776 makes no sense"),
            ("layer_norm_eps", json!(0.0), "0 makes no sense"),
        ] {
            let message = config(key, value).expect_err(key).to_string();
            assert_eq!(message.split(": ").nth(1), Some(key), "{message}");
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn one_known_mode_of_pooling_is_taken() {
        let mode = |settings: Value| pooling_of(Path::new("1_Pooling/config.json"), &settings);
        let mean = json!({"word_embedding_dimension": 384, "pooling_mode_mean_tokens": true,
                          "pooling_mode_cls_token": false});
        assert_eq!(mode(mean).ok(), Some(Pooling::Mean));
        assert_eq!(mode(json!({"pooling_mode_cls_token": true})).ok(), Some(Pooling::Cls));
        let message = mode(json!({"pooling_mode_max_tokens": true})).unwrap_err().to_string();
        assert!(
            message.starts_with("1_Pooling/config.json: the modes [\"max_tokens\"]"),
            "{message}"
        );
        assert!(mode(json!({})).is_err());
    }
}
