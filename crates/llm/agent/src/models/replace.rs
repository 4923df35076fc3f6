//! Another model for the conversation: the same turns, rendered for its template and in its tokens.

use super::ModelFile;
use crate::{
    Agent, Observer,
    prompt::{MOST_DESCRIBED, first_described},
};
use alloc::{collections::BTreeMap, string::String, vec::Vec};
use llm_context::{Budget, Paging, Turn, Window, WindowError};
use llm_inference::{model::LanguageModel, speculate::Speculator};

/// The conversations as a model sees them.
struct Rendered {
    window: Window,
    branches: BTreeMap<String, Window>,
    paging: Paging,
}

impl<M: LanguageModel> Agent<'_, M> {
    /// The model that a person has asked for since the last call. Whoever can load it gives it to
    /// [`Self::replace_model`].
    pub fn take_model_request(&mut self) -> Option<ModelFile> {
        self.model_request.take()
    }

    /// Goes on with another model: the conversation and its branches stay, rendered anew, and turns
    /// that the new window has no room for are paged out. With `None` the agent has no model until
    /// it is given one; the conversation waits. The model before is dropped.
    ///
    /// # Errors
    /// The system prompt leaves no room in the model's window, or its template cannot be rendered;
    /// then nothing has changed, and `model` is dropped.
    pub fn replace_model<O: Observer + ?Sized>(
        &mut self,
        model: Option<M>,
        observer: &O,
    ) -> Result<(), WindowError> {
        let before = core::mem::replace(&mut self.model, model);
        let tools = first_described(&self.tools, &self.host.facilities());
        let described = core::mem::replace(&mut self.described, tools);
        let most_described = core::mem::replace(&mut self.most_described, MOST_DESCRIBED);
        let rendered = self.rendered_anew().inspect_err(|_| {
            self.model = before;
            self.described = described;
            self.most_described = most_described;
        })?;
        if let Some(Rendered { window, branches, paging }) = rendered {
            self.window = window;
            self.branches = branches;
            self.report_paging(&paging, observer);
            self.report_context(observer);
        }
        // Its state is another, though its tokens may be the same.
        self.kept_start.clear();
        self.call_grammar = None;
        self.speculator = Speculator::new();
        Ok(())
    }

    /// All conversations for the model at hand; `None` where there is none.
    fn rendered_anew(&mut self) -> Result<Option<Rendered>, WindowError> {
        let Some(limit) = self.model.as_ref().map(LanguageModel::context_limit) else {
            return Ok(None);
        };
        let mut empty = self.window.clone();
        empty.set_budget(Budget::new(limit, self.settings.reserve));
        let empty = self.pinned(empty)?;
        let Some(model) = &self.model else { return Ok(None) };
        let render = |old: &Window| {
            let turns: Vec<Turn> = old.turns().map(|view| view.to_turn()).collect();
            let mut window = empty.clone();
            let paging = window.restore(model, turns)?;
            Ok::<_, WindowError>((window, paging))
        };
        let (window, mut paging) = render(&self.window)?;
        // Those that were out before have not gone now.
        paging.paged_out.retain(|page_out| self.window.is_live(page_out.turn));
        let branches = self.branches.iter().map(|(name, old)| Ok((name.clone(), render(old)?.0)));
        let branches = branches.collect::<Result<_, WindowError>>()?;
        Ok(Some(Rendered { window, branches, paging }))
    }
}
