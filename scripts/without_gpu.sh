#!/bin/sh
# Removes what torch only loads for a graphics card: the package index has no build without CUDA.
# What its libraries are linked against has to stay, or torch cannot be imported (see the sizes in
# docs/operations.md).
set -eu
cd "$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
rm -rf triton nvidia/*/include nvidia/cu13/bin nvidia/cu13/nvvm nvidia/cudnn/lib/libcudnn_*
cd nvidia/cu13/lib
rm -f ./*.a libnvrtc-builtins* libnvrtc.alt* libnvperf* libnvblas* libcusolverMg* libcufftw* \
    libpcsampling* libcheckpoint*
