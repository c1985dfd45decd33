/*! Parley, Apache-2.0. With Preact, (c) 2015-present Jason Miller, MIT. */
"use strict";(()=>{})();
