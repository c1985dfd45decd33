// Package histories is a model of who may read what, and a test that goes through
// random histories of three computers with it: after each step it asks the real
// server, by every way there is, and what is shown must be exactly what the model
// allows. The model knows nothing of how the server does it.
//
// The test is in model_test.go, each step in steps_test.go, what it means in
// rules_test.go, and what is then asked in reads_test.go.
//
// It is a module of its own, so that its library stays out of the module graph of
// those who import Parley.
package histories
