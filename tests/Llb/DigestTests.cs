using System.Security.Cryptography;
using Xunit;

namespace Cairn.Llb.Tests;

public class DigestTests
{
    private const string Empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Fact]
    public void Bytes_are_named_by_their_sha256()
    {
        Assert.Equal(Empty, Digest.Sha256([]).ToString());
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("abc"u8);
        Assert.Equal(Digest.Sha256("abc"u8), Digest.FromHash(hash));
    }

    [Theory]
    [InlineData(Empty, "sha256")]
    [InlineData("blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262", "blake3")]
    [InlineData("sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e", "sha512")]
    [InlineData("multihash+base58:0123456789abcdef0123456789abcdef", "multihash+base58")]
    public void A_digest_is_read_and_written_back(string text, string algorithm)
    {
        Digest digest = Digest.Parse(text);

        Assert.Equal(text, digest.ToString());
        Assert.Equal(algorithm, digest.Algorithm);
        Assert.Equal(text[(algorithm.Length + 1)..], digest.Hex);
    }

    [Theory]
    [InlineData("")]
    [InlineData("sha256")]
    [InlineData("sha256:")]
    [InlineData(":e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")]
    [InlineData("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85")]
    [InlineData("sha256:../../../../../../../../../../../../../../../../../../../etc/passwd")]
    [InlineData("sha+:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    public void What_is_no_digest_is_named_in_the_error(string text)
    {
        Assert.False(Digest.TryParse(text, out _));
        BuildException error = Assert.Throws<BuildException>(() => Digest.Parse(text));
        Assert.Equal(ErrorKind.Input, error.Kind);
        Assert.Contains($"\"{text}\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_id_follows_the_image_specification()
    {
        var a = new DiffId(Digest.Sha256("a"u8));
        var b = new DiffId(Digest.Sha256("b"u8));

        Assert.Null(ChainId.Of([]));
        Assert.Equal(a.Digest, ChainId.Of([a])!.Value.Digest);
        Assert.Equal(
            Digest.Sha256(System.Text.Encoding.ASCII.GetBytes($"{a} {b}")),
            ChainId.Of([a, b])!.Value.Digest);
    }

    [Fact]
    public void Descriptors_are_equal_when_they_say_the_same()
    {
        var one = new Descriptor(MediaTypes.OciLayerGzip, Digest.Sha256("x"u8), 1);

        Assert.Equal(one.WithAnnotation("a", "1").WithAnnotation("b", "2"), one.WithAnnotation("b", "2").WithAnnotation("a", "1"));
        Assert.NotEqual(one, one.WithAnnotation("a", "1"));
        Assert.NotEqual(one, one with { Platform = Platform.Parse("linux/arm64") });
    }

    [Fact]
    public void Media_types_have_a_docker_and_an_oci_spelling()
    {
        string[] oci =
        [
            MediaTypes.OciIndex, MediaTypes.OciManifest, MediaTypes.OciConfig, MediaTypes.OciLayer, MediaTypes.OciLayerGzip,
            MediaTypes.OciLayerZstd, MediaTypes.OciForeignLayerGzip,
        ];

        Assert.All(oci, type => Assert.Equal(type, MediaTypes.ToOci(MediaTypes.ToDocker(type))));
        Assert.All(oci[3..], type => Assert.True(MediaTypes.IsLayer(type) && MediaTypes.IsLayer(MediaTypes.ToDocker(type))));
        Assert.True(MediaTypes.IsIndex(MediaTypes.DockerManifestList));
        Assert.False(MediaTypes.IsLayer(MediaTypes.OciManifest));
    }
}
