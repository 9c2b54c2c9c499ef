/* A libnvidia-ml.so.1 without a driver. GPU 0: a Tesla T4; GPU 1: a GB10, which tells no memory; GPU 2: lost.
 * nvmlDeviceGetTemperatureV and nvmlDeviceGetUUID are missing, as in libraries of another release. */
#include <stdio.h>

enum { SUCCESS = 0, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, GPU_IS_LOST = 15 };

struct gpu { const char *name; int major, minor; unsigned long long total, free; };
struct memory { unsigned long long total, free, used; };
struct utilisation { unsigned gpu, memory; };

static struct gpu gpus[] = {
    {"Tesla T4", 7, 5, 15360ULL << 20, 14000ULL << 20},
    {"NVIDIA GB10", 12, 1, 0, 0},
};

int nvmlInitWithFlags(unsigned flags) { (void)flags; return SUCCESS; }
int nvmlInit_v2(void) { return SUCCESS; }
int nvmlShutdown(void) { return SUCCESS; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 3; return SUCCESS; }

int nvmlDeviceGetHandleByIndex_v2(unsigned index, struct gpu **gpu) {
    if (index == 2) return GPU_IS_LOST;
    if (index > 2) return INVALID_ARGUMENT;
    *gpu = &gpus[index];
    return SUCCESS;
}

int nvmlDeviceGetName(struct gpu *gpu, char *name, unsigned length) {
    snprintf(name, length, "%s", gpu->name);
    return SUCCESS;
}

int nvmlDeviceGetMemoryInfo(struct gpu *gpu, struct memory *memory) {
    if (gpu->total == 0) return NOT_SUPPORTED;
    memory->total = gpu->total;
    memory->free = gpu->free;
    memory->used = gpu->total - gpu->free;
    return SUCCESS;
}

int nvmlDeviceGetUtilizationRates(struct gpu *gpu, struct utilisation *rates) {
    (void)gpu;
    rates->gpu = 37;
    rates->memory = 12;
    return SUCCESS;
}

int nvmlDeviceGetTemperature(struct gpu *gpu, int sensor, unsigned *degrees) {
    (void)gpu;
    (void)sensor;
    *degrees = 61;
    return SUCCESS;
}

int nvmlDeviceGetMigMode(struct gpu *gpu, unsigned *current, unsigned *pending) {
    (void)gpu;
    (void)current;
    (void)pending;
    return NOT_SUPPORTED;
}

int nvmlDeviceGetCudaComputeCapability(struct gpu *gpu, int *major, int *minor) {
    *major = gpu->major;
    *minor = gpu->minor;
    return SUCCESS;
}

int nvmlSystemGetDriverVersion(char *version, unsigned length) {
    snprintf(version, length, "580.173.02");
    return SUCCESS;
}

const char *nvmlErrorString(int code) { (void)code; return "an error of the stub"; }
