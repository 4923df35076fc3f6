//! Weights laid out anew, once, so that products with them are faster.

use crate::{CpuFeatures, Dialect, Matrix, fused::FusedPanels, lanes::LanePanels};
use alloc::collections::TryReserveError;
use system_platform::ComputePool;

/// A copy of a matrix in the form that the kernels of a CPU read fastest.
#[derive(Clone, Debug)]
pub struct Panels(pub(crate) Form);

/// Which form.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// For silicon.
    Fused(FusedPanels),
    /// For emulators.
    Lanes(LanePanels),
}

impl Panels {
    /// Bytes that the panels of a matrix take; 0 where it has none.
    pub fn len_bytes(cpu: CpuFeatures, matrix: &Matrix<'_>) -> u64 {
        match cpu.dialect() {
            Dialect::Plain => 0,
            Dialect::Fused => FusedPanels::len_bytes(matrix),
            Dialect::Fixed => LanePanels::len_bytes(matrix),
        }
    }

    /// Copies a matrix on all CPUs; `None` where it has no panels.
    ///
    /// # Errors
    /// There is not enough memory.
    pub fn new(
        cpu: CpuFeatures,
        matrix: &Matrix<'_>,
        pool: &dyn ComputePool,
    ) -> Result<Option<Self>, TryReserveError> {
        Ok(match cpu.dialect() {
            Dialect::Plain => None,
            Dialect::Fused => {
                FusedPanels::new(matrix, pool)?.map(|panels| Self(Form::Fused(panels)))
            }
            Dialect::Fixed => {
                LanePanels::new(matrix, pool)?.map(|panels| Self(Form::Lanes(panels)))
            }
        })
    }

    /// Those for silicon, if it is them.
    pub(crate) const fn fused(&self) -> Option<&FusedPanels> {
        if let Form::Fused(panels) = &self.0 { Some(panels) } else { None }
    }

    /// Those for emulators, if it is them.
    pub(crate) const fn lanes(&self) -> Option<&LanePanels> {
        if let Form::Lanes(panels) = &self.0 { Some(panels) } else { None }
    }
}
