using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using Blake3;

namespace Cairn.Benchmarks.Functions;

/// <summary>Hashing on one core: manifests use BLAKE3, everything that leaves the store SHA-256.</summary>
[MemoryDiagnoser]
public class HashBenchmarks
{
    private byte[] _content = [];

    /// <summary>Bytes: one block row, a small file, a buffer, a large file.</summary>
    [Params(1024, 4096, 65_536, 16 * 1024 * 1024)]
    public int Bytes { get; set; }

    /// <summary>Makes the content.</summary>
    [GlobalSetup]
    public void Make()
    {
        _content = new byte[Bytes];
        new Random(1).NextBytes(_content);
    }

    /// <summary>BLAKE3.</summary>
    [Benchmark]
    public Hash Blake3() => Hasher.Hash(_content);

    /// <summary>SHA-256 of the platform, with the processor's own instructions.</summary>
    [Benchmark(Baseline = true)]
    public byte[] Sha256() => SHA256.HashData(_content);
}
