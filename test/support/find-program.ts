export { findProgram } from '../../scripts/find-program.mjs';
