// hiredis (BSD-3-Clause), as Debian packages it. Nothing variadic is used: redisCommandArgv imports as it is.
#include <sys/time.h>
#include <hiredis/hiredis.h>
