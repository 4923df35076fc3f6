//! What llama.cpp computed with the model that this system ships with, to be compared on the spot.

use alloc::vec::Vec;
use llm_inference::{
    model::{LanguageModel, TokenId},
    parity::{Reference, ReferenceStep},
};

/// "What is the capital of France?", rendered with the template's own system prompt.
const PROMPT: [u32; 37] = [
    1, 9690, 198, 2683, 359, 253, 5356, 5646, 11173, 3365, 3511, 308, 34519, 28, 7018, 411, 407,
    19712, 8182, 2, 198, 1, 4093, 198, 1780, 314, 260, 3575, 282, 4649, 47, 2, 198, 1, 520, 9531,
    198,
];

/// The greedy continuation: token, and by how many nat it was ahead of the second best.
const STEPS: [(u32, f32); 16] = [
    (60, 0.0889),
    (23, 1.4969),
    (39614, 0.7195),
    (1141, 3.5887),
    (552, 1.4399),
    (28, 0.8254),
    (2618, 0.5958),
    (12693, 0.0186),
    (2756, 6.1255),
    (28, 2.2417),
    (2618, 0.271),
    (12572, 0.3376),
    (28, 1.1693),
    (2618, 0.7336),
    (452, 0.6705),
    (2756, 1.1558),
];

/// The reference for this model, if there is one: SmolLM2-135M-Instruct as Q4_1.
pub fn for_model<M: LanguageModel>(model: &M) -> Option<Reference> {
    let info = model.info();
    let is_known = info.quantization == "Q4_1"
        && (info.layers, info.embedding_length, info.vocabulary) == (30, 576, 49_152);
    is_known.then(|| Reference {
        prompt: PROMPT.map(TokenId).to_vec(),
        steps: STEPS
            .iter()
            .map(|&(token, gap_nat)| ReferenceStep { token: TokenId(token), gap_nat })
            .collect::<Vec<_>>(),
    })
}
