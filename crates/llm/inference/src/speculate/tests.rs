//! The same output as without drafts, sooner where the text repeats, hardly later elsewhere.

use super::{SpeculationStats, Speculator};
use crate::{
    engine::{Engine, Options},
    model::{
        ForwardError, LanguageModel, Message, ModelInfo, SpecialTokens, TemplateError, TokenId,
    },
    sampler::{Sampler, SamplerOptions},
    testing::TestModel,
};
use alloc::{string::String, vec::Vec};
use core::{cell::Cell, ops::ControlFlow};
use llm_tensor::{CpuFeatures, testing::Random};
use system_platform::{
    Pacer,
    compute::SerialPool,
    pace::{Unpaced, run},
};

/// `count` tokens after `prompt`, one at a time.
fn generate_plainly(
    model: &mut impl LanguageModel,
    prompt: &[TokenId],
    options: SamplerOptions,
    count: usize,
) -> Vec<TokenId> {
    let mut sampler = Sampler::new(options).expect("the options are in range");
    model.truncate(0);
    run(model.extend(prompt, &Unpaced)).expect("the prompt fits");
    let mut output = Vec::new();
    while output.len() < count {
        let token = sampler.sample(model.logits(), &output);
        output.push(token);
        run(model.extend(&[token], &Unpaced)).expect("the tokens fit");
    }
    output
}

/// The same with drafts.
fn generate_with(
    speculator: &mut Speculator,
    model: &mut impl LanguageModel,
    prompt: &[TokenId],
    options: SamplerOptions,
    count: usize,
    now_ns: impl Fn() -> u64,
) -> Vec<TokenId> {
    let mut sampler = Sampler::new(options).expect("the options are in range");
    model.truncate(0);
    run(model.extend(prompt, &Unpaced)).expect("the prompt fits");
    let mut output = [sampler.sample(model.logits(), &[])].to_vec();
    let mut chosen = Vec::new();
    while output.len() < count {
        let token = *output.last().expect("it begins with one");
        let computed = model.computed().len();
        let choose = |logits: &[f32]| {
            let next = sampler.sample(logits, &output);
            output.push(next);
            if output.len() == count {
                ControlFlow::Break(next)
            } else {
                ControlFlow::Continue(next)
            }
        };
        run(speculator.step(model, token, &Unpaced, &now_ns, &mut chosen, choose))
            .expect("the tokens fit");
        assert_eq!(output[output.len() - chosen.len()..], chosen);
        assert_eq!(model.computed().len(), computed + chosen.len());
        assert_eq!(model.computed()[prompt.len()..], output[..output.len() - 1]);
    }
    output
}

#[test]
fn the_output_is_what_it_is_without_drafts_whatever_the_sampler() {
    let mut total = SpeculationStats::default();
    for seed in 0..6 {
        let file = TestModel { seed, has_output: seed % 2 == 1, ..TestModel::default() }.build();
        let options = Options::new(CpuFeatures::detect());
        let mut engine = Engine::load(&file, options, &SerialPool).expect("sound model");
        let mut random = Random::new(seed);
        // Little variety, so that much is repeated.
        let prompt: Vec<TokenId> = (0..60).map(|_| TokenId(3 + random.below(6) as u32)).collect();
        for options in [
            SamplerOptions::greedy(),
            SamplerOptions { repeat_penalty: 1.3, ..SamplerOptions::greedy() },
            SamplerOptions { seed, top_k: 3, temperature: 0.7, ..SamplerOptions::default() },
        ] {
            let expected = generate_plainly(&mut engine, &prompt, options, 90);
            let mut speculator = Speculator::new();
            let clock = Cell::new(0);
            let now_ns = || {
                clock.set(clock.get() + 1000);
                clock.get()
            };
            let output = generate_with(&mut speculator, &mut engine, &prompt, options, 90, now_ns);
            assert_eq!(output, expected, "seed {seed}, {options:?}");
            total.accepted += speculator.stats().accepted;
            total.drafted += speculator.stats().drafted;
        }
    }
    assert!(total.accepted > 100, "drafts were right: {total:?}");
    assert!(total.drafted > total.accepted + 20, "and drafts were wrong: {total:?}");
}

#[test]
fn the_end_of_the_context_is_reached_and_not_crossed() {
    let file = TestModel { context: 64, ..TestModel::default() }.build();
    let options = Options::new(CpuFeatures::detect());
    let mut engine = Engine::load(&file, options, &SerialPool).expect("sound model");
    let prompt: Vec<TokenId> = (0..40).map(|index| TokenId(3 + index % 4)).collect();
    let expected = generate_plainly(&mut engine, &prompt, SamplerOptions::greedy(), 24);
    let mut speculator = Speculator::new();
    let greedy = SamplerOptions::greedy();
    let clock = Cell::new(0);
    let now_ns = || {
        clock.set(clock.get() + 1000);
        clock.get()
    };
    let output = generate_with(&mut speculator, &mut engine, &prompt, greedy, 24, now_ns);
    assert_eq!(output, expected);
    assert!(speculator.stats().drafted > 0);
    let mut chosen = Vec::new();
    let last = output[23];
    let choose = |_: &[f32]| ControlFlow::Continue(last);
    run(speculator.step(&mut engine, last, &Unpaced, || 0, &mut chosen, choose))
        .expect("one more fits");
    let full = run(speculator.step(&mut engine, last, &Unpaced, || 0, &mut chosen, choose));
    assert_eq!(full, Err(ForwardError::ContextFull { needed: 65, limit: 64 }));
}

/// Says a text that is known beforehand, and keeps a clock: a batch costs one step and a part of
/// one for every further token.
struct Reciter<'a> {
    info: ModelInfo,
    text: &'a [TokenId],
    computed: Vec<TokenId>,
    logits: Vec<f32>,
    extra_cost: f64,
    clock_ns: &'a Cell<f64>,
}

const STEP_NS: f64 = 1e6;

impl<'a> Reciter<'a> {
    fn new(text: &'a [TokenId], extra_cost: f64, clock_ns: &'a Cell<f64>) -> Self {
        Self {
            info: ModelInfo::default(),
            text,
            computed: Vec::new(),
            logits: Vec::new(),
            extra_cost,
            clock_ns,
        }
    }

    fn spend(&self, tokens: usize) {
        let cost = STEP_NS * (1.0 + self.extra_cost * (tokens - 1) as f64);
        self.clock_ns.set(self.clock_ns.get() + cost);
    }

    /// Logits that choose what comes after the computed tokens, which must be those of the text.
    fn score(&mut self) {
        let next = match self.text.get(self.computed.len()) {
            Some(next) if self.text.starts_with(&self.computed) => next.0 as usize,
            _ => 0,
        };
        self.logits = (0..300).map(|token| f32::from(u8::from(token == next))).collect();
    }
}

impl LanguageModel for Reciter<'_> {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn context_limit(&self) -> usize {
        100_000
    }

    fn encode(&self, _: &str, _: SpecialTokens) -> Vec<TokenId> {
        Vec::new()
    }

    fn token_bytes(&self, _: TokenId) -> &[u8] {
        &[]
    }

    fn ends_turn(&self, _: TokenId) -> bool {
        false
    }

    fn render(&self, _: &[Message], _: bool) -> Result<String, TemplateError> {
        Ok(String::new())
    }

    fn computed(&self) -> &[TokenId] {
        &self.computed
    }

    fn truncate(&mut self, len: usize) {
        self.computed.truncate(len);
    }

    async fn extend(&mut self, tokens: &[TokenId], _: &impl Pacer) -> Result<(), ForwardError> {
        self.spend(tokens.len());
        self.computed.extend_from_slice(tokens);
        self.score();
        Ok(())
    }

    async fn extend_each(
        &mut self,
        tokens: &[TokenId],
        _: &impl Pacer,
        mut visit: impl FnMut(usize, &[f32]),
    ) -> Result<(), ForwardError> {
        self.spend(tokens.len());
        for (index, &token) in tokens.iter().enumerate() {
            self.computed.push(token);
            self.score();
            visit(index, &self.logits);
        }
        Ok(())
    }

    fn logits(&self) -> &[f32] {
        &self.logits
    }
}

/// How many times faster `text` is said from `first` on with drafts.
fn speedup(text: &[TokenId], first: usize, extra_cost: f64) -> f64 {
    let clock_ns = Cell::new(0.0);
    let mut model = Reciter::new(text, extra_cost, &clock_ns);
    let count = text.len() - first;
    let mut speculator = Speculator::new();
    let greedy = SamplerOptions::greedy();
    let now_ns = || clock_ns.get() as u64;
    let output = generate_with(&mut speculator, &mut model, &text[..first], greedy, count, now_ns);
    assert_eq!(output, text[first..]);
    // The first token comes with the prompt, which is not counted.
    let prompt_ns = STEP_NS * (1.0 + extra_cost * (first - 1) as f64);
    STEP_NS * (count - 1) as f64 / (clock_ns.get() - prompt_ns)
}

fn random_text(seed: u64, len: usize, variety: usize) -> Vec<TokenId> {
    let mut random = Random::new(seed);
    (0..len).map(|_| TokenId(random.below(variety) as u32)).collect()
}

#[test]
fn a_text_said_again_is_said_much_faster() {
    for seed in 0..5 {
        let once = random_text(seed, 150, 290);
        let twice = [once.as_slice(), &once].concat();
        for (extra_cost, expected) in [(0.1, 3.0), (0.25, 2.0), (0.4, 1.5)] {
            let speedup = speedup(&twice, once.len(), extra_cost);
            assert!(speedup > expected, "{speedup} at {extra_cost}");
        }
    }
}

#[test]
fn where_a_batch_costs_as_much_as_its_tokens_or_nothing_is_repeated_little_is_lost() {
    for seed in 0..5 {
        let once = random_text(seed, 150, 290);
        let repeated = [once.as_slice(), &once].concat();
        for extra_cost in [0.0, 0.2, 0.5, 1.0, 1.5] {
            // Words that come again in random order: matches that mean nothing.
            for variety in [2, 10, 290] {
                let text = random_text(seed, 350, variety);
                let speedup = speedup(&text, 100, extra_cost);
                assert!(speedup > 0.97, "{speedup} at {extra_cost}, {variety} words");
            }
            let speedup = speedup(&repeated, once.len(), extra_cost);
            assert!(speedup > 0.97, "{speedup} at {extra_cost}");
        }
    }
}

#[test]
fn a_text_that_leads_astray_again_and_again_loses_little() {
    for seed in 0..5 {
        // Phrases of twelve that are said again up to a point, and then go on otherwise.
        let mut random = Random::new(seed);
        let phrase = random_text(seed, 12, 290);
        let mut text = random_text(seed + 100, 50, 290);
        while text.len() < 500 {
            text.extend_from_slice(&phrase[..9 + random.below(3)]);
            text.push(TokenId(random.below(290) as u32));
        }
        for extra_cost in [0.2, 0.5, 1.0, 1.5] {
            let speedup = speedup(&text, 100, extra_cost);
            assert!(speedup > 0.97, "{speedup} at {extra_cost}");
        }
    }
}
