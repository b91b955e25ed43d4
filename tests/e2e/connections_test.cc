#include "tests/support/test_partnership.h"
