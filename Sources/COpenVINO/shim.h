// OpenVINO's C API, 2026.1 or later. Every call that Semblance makes has a form that is not variadic
// (properties go in as an array, `…_props`), so nothing needs to be wrapped for Swift.
#include <openvino/c/openvino.h>
