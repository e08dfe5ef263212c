// zlib: reads gzip streams.
#include <zlib.h>
