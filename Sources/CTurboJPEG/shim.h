// libjpeg-turbo's TurboJPEG API, 2.1: plain functions, nothing to wrap.
#include <turbojpeg.h>
