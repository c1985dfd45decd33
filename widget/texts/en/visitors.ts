// What agents call visitors of whom nothing is known, in English. Each list has
// its words in an order that stays: a visitor keeps a name as long as it does.

/** A visitor's name, of one word from each list. */
export const called = (adjective: string, animal: string) => `Visitor · ${adjective} ${animal}`;

export const adjectives =
  "agile airy amber ample apricot azure balmy beige bold brave breezy bright brisk bronze busy calm candid carmine cheery chestnut clear clever cobalt copper coral cosy crimson crisp curious daring dapper deft eager early earnest ebony emerald fair fancy fleet fond frank fresh gentle giddy gilded glad golden grand green happy hardy hazel honest humble indigo ivory jade jaunty jolly keen kind lapis lemon light lilac lively lofty loyal lucid lucky lunar maroon mellow merry mild mint misty modest navy neat nimble noble nutmeg ochre olive opal orange patient pearl plucky plum polite prompt proud purple quick quiet rapid rosy royal ruby russet rustic saffron sage scarlet sepia serene sienna silver sincere sleek snowy solar spry steady sunny swift tawny teal tender topaz tranquil trusty umber upbeat velvet violet vivid warm willing wise witty zesty".split(
    " ",
  );

export const animals =
  "albatross alpaca antelope avocet badger beaver bison bittern bluebird bluejay bobcat bullfinch butterfly camel canary capybara caribou chaffinch chameleon cheetah chickadee chinchilla chipmunk cicada cormorant cougar crane cricket cuckoo curlew deer dingo dolphin dormouse dove dragonfly duck eagle egret eider elephant elk ermine falcon ferret finch firefly flamingo fox gannet gazelle gecko gibbon giraffe goldfinch goose grebe grouse gull hare hawk hedgehog heron hoopoe hornbill ibex ibis iguana impala jackdaw jaguar jay kestrel kingfisher kite kiwi koala koi lapwing lark lemur leopard linnet lion llama lobster lynx macaw magpie mallard manatee marmot marten meerkat merlin mongoose moose narwhal newt nightingale nuthatch ocelot okapi oriole osprey otter owl panda panther parrot partridge pelican penguin petrel pheasant pigeon pika plover pony puffin puma quail rabbit raccoon raven reindeer robin salmon sandpiper seahorse seal siskin skylark sparrow squirrel starling stork swallow swan swift tapir tern thrush tiger toucan turtle wagtail walrus warbler weasel whale wombat woodpecker wren yak zebra".split(
    " ",
  );
