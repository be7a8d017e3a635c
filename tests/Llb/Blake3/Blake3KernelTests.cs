using System.Diagnostics;
using System.Runtime.Intrinsics;
using System.Runtime.InteropServices;
using Blake3;
using Xunit;

namespace Cairn.Llb.Tests.Blake3;

/// <summary>All kernels give the same, on this processor and on lesser ones; and what <c>b3sum</c> gives.</summary>
public class Blake3KernelTests
{
    [Fact]
    public void The_kernels_agree_with_each_other()
    {
        Assert.True(Vector128.IsHardwareAccelerated);
        var random = new Random(1);
        for (int round = 0; round < 200; round++)
        {
            uint[] chaining = Words(random, 8);
            uint[] block = Words(random, 16);
            ulong counter = (ulong)random.NextInt64();
            uint flags = (uint)random.Next(128);
            uint[] scalar = new uint[16];
            uint[] row = new uint[16];
            ScalarKernel.Compress(chaining, block, 17, counter, flags, scalar);
            RowKernel.Compress(chaining, block, 17, counter, flags, row);
            Assert.Equal(scalar, row);
        }
    }

    [Theory]
    [InlineData(1, 0UL, Domains.Parent)]
    [InlineData(16, 0UL, 0u)]
    [InlineData(16, uint.MaxValue - 3UL, Domains.KeyedHash)]   // the low word of the counter overflows in the middle lane
    public void Eight_at_once_are_eight_one_by_one(int blocks, ulong counter, uint flags)
    {
        Assert.True(WideKernel.IsSupported);
        var random = new Random(2);
        byte[] inputs = new byte[8 * 64 * blocks];
        random.NextBytes(inputs);
        uint[] key = Words(random, 8);
        uint[] wide = new uint[64];
        WideKernel.Hash(inputs, blocks, key, counter, flags, wide);
        uint[] single = new uint[64];
        for (int lane = 0; lane < 8; lane++)
        {
            uint[] value = [.. key];
            for (int i = 0; i < blocks; i++)
            {
                uint edges = flags == Domains.Parent ? 0 : (i == 0 ? Domains.ChunkStart : 0) | (i == blocks - 1 ? Domains.ChunkEnd : 0);
                ulong number = flags == Domains.Parent ? counter : counter + (ulong)lane;
                ReadOnlySpan<uint> block = MemoryMarshal.Cast<byte, uint>(inputs.AsSpan((lane * blocks + i) * 64, 64));
                ScalarKernel.Compress(value, block, 64, number, flags | edges, value.AsSpan());
            }
            value.CopyTo(single, lane * 8);
        }

        Assert.Equal(single, wide);
    }

    [Theory]
    [InlineData("DOTNET_EnableAVX512")]
    [InlineData("DOTNET_EnableAVX2")]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    public async Task Lesser_processors_pass_the_same_vectors(string missing)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Cairn.Llb.Tests"))
        {
            ArgumentList = { "-class", typeof(Blake3VectorTests).FullName!, "-noColor" },
            Environment = { [missing] = "0" },
            RedirectStandardOutput = true,
        };
        using Process child = Process.Start(start)!;
        string output = await child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(child.ExitCode == 0, output);
        Assert.Contains("Failed: 0", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Total: 0", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_of_any_length_have_the_hash_that_b3sum_tells()
    {
        var random = new Random(3);
        string directory = Directory.CreateTempSubdirectory("blake3-").FullName;
        try
        {
            foreach (int length in (int[])[3000, 65_535, 65_536, 65_537, 131_072, 1_048_576, 3_000_001, .. Enumerable.Range(0, 20).Select(_ => random.Next(2_000_000))])
            {
                byte[] content = new byte[length];
                random.NextBytes(content);
                await File.WriteAllBytesAsync(Path.Combine(directory, length.ToString("x8", null)), content, TestContext.Current.CancellationToken);
            }
            string[] files = [.. Directory.GetFiles(directory).Order(StringComparer.Ordinal)];
            var start = new ProcessStartInfo("b3sum", ["--no-names", .. files]) { RedirectStandardOutput = true };
            using Process b3sum = Process.Start(start)!;
            string[] told = (await b3sum.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

            Assert.Equal(told, files.Select(file => Hasher.Hash(File.ReadAllBytes(file)).ToString()));
            Assert.Equal(told, files.Select(file =>
            {
                using var stream = new Blake3Stream(File.OpenRead(file));
                stream.CopyTo(Stream.Null);
                return stream.ComputeHash().ToString();
            }));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static uint[] Words(Random random, int count)
    {
        uint[] words = new uint[count];
        random.NextBytes(MemoryMarshal.AsBytes(words.AsSpan()));
        return words;
    }
}
