//! The router: which tool answers a request, or none. It decides for models that are too small to
//! choose by themselves, and ranks the tools that larger ones are told of.
//!
//! A [`Classifier`] over the vector of the request and its words knows the tools that come with the
//! system; it is trained by `llm-cli train-router` on the requests in `training/`. Other tools join
//! by their own example requests, without training: the nearest example decides.

mod classifier;
mod features;
#[cfg(test)]
mod tests;

pub use classifier::{Class, Classifier, Medoid, WeightsError};
pub use features::{WORD_FEATURES, word_features};

use crate::Registry;
use alloc::{
    borrow::ToOwned,
    string::{String, ToString},
    vec::Vec,
};
use llm_inference::embedding::EmbedError;
use llm_memory::{TextEmbedder, cosine};

/// The class of requests that no tool answers.
pub const NONE: &str = "none";
/// The trained weights.
const WEIGHTS: &[u8] = include_bytes!("weights.bin");
/// Vectors of the same text by two embedders at least so near come from the same model, perhaps in
/// another precision.
const SAME_MODEL: f32 = 0.98;
/// An example that is not nearer than this does not decide.
const NEAR: f32 = 0.5;

/// Example requests that are told apart by nearness alone.
struct Example {
    /// The tool; `None` where none answers.
    tool: Option<String>,
    request: String,
    vector: Vec<f32>,
}

/// Decides which tool answers a request.
pub struct Router {
    /// `None` where the vectors are another model's than those it was trained on.
    classifier: Option<Classifier>,
    examples: Vec<Example>,
}

/// What the router thinks of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// The tools with their probabilities, likeliest first; `None` is that none answers.
    pub ranking: Vec<(Option<String>, f32)>,
    /// The known request that comes nearest.
    pub nearest: String,
}

impl Route {
    /// The tool that answers; `None` if none does.
    pub fn tool(&self) -> Option<&str> {
        self.ranking.first()?.0.as_deref()
    }

    /// Puts no tool first, whatever is likelier.
    pub fn prefer_none(&mut self) {
        let at = self.ranking.iter().position(|(tool, _)| tool.is_none());
        let none = at.map_or((None, 0.0), |at| self.ranking.remove(at));
        self.ranking.insert(0, none);
    }

    /// Makes a tool so many times as likely, compared with the others.
    pub fn weigh(&mut self, tool: &str, weight: f32) {
        for (name, probability) in &mut self.ranking {
            if name.as_deref() == Some(tool) {
                *probability *= weight;
            }
        }
        let sum: f32 = self.ranking.iter().map(|(_, probability)| probability).sum();
        self.ranking.iter_mut().for_each(|(_, probability)| *probability /= sum);
        self.ranking.sort_by(|left, right| right.1.total_cmp(&left.1));
    }

    /// How sure that is, 0 to 1.
    pub fn confidence(&self) -> f32 {
        self.ranking.first().map_or(0.0, |(_, probability)| *probability)
    }
}

impl Router {
    /// A router for the tools of `registry`, for vectors that `embedder` makes.
    ///
    /// # Errors
    /// An example that cannot be made a vector.
    pub async fn new(registry: &Registry, embedder: &dyn TextEmbedder) -> Result<Self, EmbedError> {
        let classifier = Classifier::from_bytes(WEIGHTS).ok();
        let classifier = match classifier {
            Some(classifier) if is_made_for(&classifier, embedder).await? => Some(classifier),
            _ => None,
        };
        let mut router = Self { classifier, examples: Vec::new() };
        for tool in registry.iter() {
            if router.knows(tool.name()) {
                continue;
            }
            for example in tool.examples() {
                router.learn(Some(tool.name()), example.request, embedder).await?;
            }
        }
        if router.classifier.is_none() {
            for request in NO_TOOL_EXAMPLES {
                router.learn(None, request, embedder).await?;
            }
        }
        Ok(router)
    }

    /// Whether the trained weights are of use with these vectors.
    pub const fn is_trained(&self) -> bool {
        self.classifier.is_some()
    }

    /// What answers `request`, whose vector is `vector`.
    pub fn route(&self, request: &str, vector: &[f32]) -> Route {
        let Some(classifier) = &self.classifier else {
            return by_nearness(&self.examples, vector);
        };
        let nearest = self
            .examples
            .iter()
            .map(|example| (example, cosine(&example.vector, vector)))
            .max_by(|left, right| left.1.total_cmp(&right.1));
        let mut ranking: Vec<(Option<String>, f32)> = classifier
            .probabilities(vector, &word_features(request))
            .map(|(class, probability)| (tool_of(class), probability))
            .collect();
        ranking.sort_by(|left, right| right.1.total_cmp(&left.1));
        let medoid = classifier.nearest(vector);
        let mut text = medoid.map_or_else(String::new, |(medoid, _)| medoid.text.clone());
        // A tool without training answers what its own examples are nearer to than anything known.
        if let Some((example, similarity)) = nearest
            && similarity >= NEAR
            && medoid.is_none_or(|(_, known)| similarity > known)
        {
            ranking.iter_mut().for_each(|(_, probability)| *probability *= 1.0 - similarity);
            ranking.insert(0, (example.tool.clone(), similarity));
            text.clone_from(&example.request);
        }
        Route { ranking, nearest: text }
    }

    fn knows(&self, tool: &str) -> bool {
        self.classifier.as_ref().is_some_and(|classifier| classifier.knows(tool))
    }

    async fn learn(
        &mut self,
        tool: Option<&str>,
        request: &str,
        embedder: &dyn TextEmbedder,
    ) -> Result<(), EmbedError> {
        let vector = embedder.embed(request).await?;
        let (tool, request) = (tool.map(ToOwned::to_owned), request.to_owned());
        self.examples.push(Example { tool, request, vector });
        Ok(())
    }
}

/// Requests that no tool answers, for embedding models that the weights were not trained on.
const NO_TOOL_EXAMPLES: [&str; 12] = [
    "Hello!",
    "Who are you?",
    "Thank you very much.",
    "Tell me a joke.",
    "Write a poem about the sea.",
    "Why is the sky blue?",
    "Explain how an engine works.",
    "What is the capital of France?",
    "What do you think about it?",
    "Give me some advice.",
    "Translate this into French.",
    "What does this word mean?",
];

/// Whether the weights were trained on vectors like those that `embedder` makes.
async fn is_made_for(
    classifier: &Classifier,
    embedder: &dyn TextEmbedder,
) -> Result<bool, EmbedError> {
    let Some(probe) = classifier.medoids().first() else {
        return Ok(false);
    };
    let vector = embedder.embed(&probe.text).await?;
    Ok(cosine(&vector, &probe.vector) >= SAME_MODEL)
}

/// The ranking by the nearest example of each tool.
fn by_nearness(examples: &[Example], vector: &[f32]) -> Route {
    let mut best: Vec<(&Example, f32)> = Vec::new();
    for example in examples {
        let similarity = cosine(&example.vector, vector).max(0.0);
        match best.iter_mut().find(|(other, _)| other.tool == example.tool) {
            Some(entry) if similarity > entry.1 => *entry = (example, similarity),
            Some(_) => {}
            None => best.push((example, similarity)),
        }
    }
    best.sort_by(|left, right| right.1.total_cmp(&left.1));
    let nearest = best.first().map_or_else(String::new, |(example, _)| example.request.clone());
    let mut ranking: Vec<_> =
        best.into_iter().map(|(example, similarity)| (example.tool.clone(), similarity)).collect();
    // What is near to nothing is for nobody.
    if ranking.first().is_none_or(|(_, similarity)| *similarity < NEAR) {
        ranking.retain(|(tool, _)| tool.is_some());
        ranking.insert(0, (None, NEAR));
    }
    Route { ranking, nearest }
}

fn tool_of(class: &str) -> Option<String> {
    (class != NONE).then(|| class.to_string())
}
