#pragma once

// Takes the disk's part away: see NoDisk.c. Calling it is what links the others.
void assetstore_use_no_disk(void);
