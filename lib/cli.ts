#!/usr/bin/env node
import { createProgram } from './cli/program.js';

void createProgram().parseAsync();
