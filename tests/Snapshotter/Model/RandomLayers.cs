using System.Collections.Immutable;
using System.Globalization;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Tests.Model;

/// <summary>Random lists of layers over few names, so that everything meets everything.</summary>
public static class RandomLayers
{
    private static readonly string[] Names = ["a", "b", "c", "d"];

    public static ImmutableList<ModelLayer> List(int seed, int most)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, random.Next(most + 1)).Select(_ => Layer(random))];
    }

    public static ModelLayer Layer(Random random)
    {
        var groups = new List<ModelFile>();
        return Directory(random, 3, groups) with { Metadata = ModelMetadata.Of(0x1ed, 1) };
    }

    /// <summary>Lists that are a step simpler, for the shortest example of a failure.</summary>
    public static IEnumerable<ImmutableList<ModelLayer>> Simpler(ImmutableList<ModelLayer> layers)
    {
        for (int i = 0; i < layers.Count; i++)
        {
            yield return layers.RemoveAt(i);
            foreach (ModelLayer simpler in Simpler(layers[i]))
            {
                yield return layers.SetItem(i, simpler);
            }
        }
    }

    private static IEnumerable<ModelLayer> Simpler(ModelLayer layer)
    {
        if (layer.IsOpaque)
        {
            yield return layer with { IsOpaque = false };
        }
        foreach ((string name, ModelChange change) in layer.Children)
        {
            yield return layer with { Children = layer.Children.Remove(name) };
            if (change is ModelLayer child)
            {
                foreach (ModelLayer simpler in Simpler(child))
                {
                    yield return layer with { Children = layer.Children.SetItem(name, simpler) };
                }
            }
        }
    }

    private static ModelLayer Directory(Random random, int depth, List<ModelFile> groups)
    {
        ImmutableSortedDictionary<string, ModelChange> children = ModelLayer.Nothing.Children;
        foreach (string name in Names.Where(_ => random.Next(2) == 0))
        {
            ModelChange change = random.Next(10) switch
            {
                < 4 when depth > 0 => Directory(random, depth - 1, groups),
                < 6 => new ModelWhiteout(),
                _ => new ModelPut(File(random, groups)),
            };
            children = children.SetItem(name, change);
        }
        return new ModelLayer(random.Next(6) == 0, children, Metadata(random));
    }

    private static ModelFile File(Random random, List<ModelFile> groups)
    {
        if (groups.Count > 0 && random.Next(5) == 0)
        {
            return groups[random.Next(groups.Count)];
        }
        string word = random.Next(1000).ToString(CultureInfo.InvariantCulture);
        ModelFile file = random.Next(10) switch
        {
            0 => new ModelFile(FileKind.Symlink, random.Next(2) == 0 ? "/a/b" : "../" + word, null, Metadata(random) with { Mode = 0x1ff, Attributes = ModelMetadata.NoAttributes }),
            1 => new ModelFile(FileKind.Fifo, "", null, Metadata(random) with { Attributes = ModelMetadata.NoAttributes }),
            2 => new ModelFile(FileKind.CharacterDevice, "1,3", null, Metadata(random) with { Attributes = ModelMetadata.NoAttributes }),
            _ => new ModelFile(FileKind.Regular, word, random.Next(4) == 0 ? new object() : null, Metadata(random)),
        };
        if (file.Group is not null)
        {
            groups.Add(file);
        }
        return file;
    }

    private static ModelMetadata Metadata(Random random)
    {
        ModelMetadata metadata = ModelMetadata.Of((uint)(random.Next(2) == 0 ? 0x1a4 : 0x1ed), random.Next(1, 1_000_000));
        return random.Next(6) switch
        {
            0 => metadata with { Uid = 1000, Gid = 12 },
            1 => metadata with { Attributes = metadata.Attributes.SetItem("user.mark", "78") },
            2 => metadata with { ModifiedNanoseconds = metadata.ModifiedNanoseconds + random.Next(1_000_000_000) },
            _ => metadata,
        };
    }
}
