"""More frames for the teaching sample: what people write to and about each other every day.
They have the form of those in templates.py. A frame that starts with a small letter keeps it.
"""

HATE = {
    "everyday_insult": {
        "train": [
            "You're such {a loser|an idiot}.",
            "You {absolute|complete} moron.",
            "What {an idiot|a moron} you are.",
            "You're {thick|dumb} as a brick.",
            "Oh shut up, you {clown|muppet}.",
            "Are you {stupid|dense} or what?",
            "You {make|made} a fool of yourself and you are too dim to see it.",
            "Your {face|voice} is enough to ruin my day.",
            "Go away, you {creep|weirdo}.",
            "You have as much {charm|taste} as a pig.",
            "You are a {walking|total} embarrassment.",
            "How did someone as {dumb|clueless} as you get a driving licence?",
            "You're a sad little {man|woman} with a sad little life.",
            "You {smell|stink}, take a shower for once.",
            "You're fat and {lazy|ugly}, have a look in the mirror.",
            "Typical you, {lazy|selfish} and useless as always.",
            "You're {full of yourself|a fake}, and everyone at school knows it.",
            "Nice one, {dumbass|moron}, now we lost the game because of you.",
            (
                "You're the worst {player|keeper} this team ever had, quit the sport, you waste "
                "of space."
            ),
            "Your {cooking|singing} is as disgusting as your character.",
            "Get a life, loser.",
            "Get lost, freak.",
            "Clown.",
            "What a pathetic little person you are.",
            "You're a joke of a human being.",
            "Your mother must be so ashamed of you.",
            "Is your brain on holiday, or did you never have one?",
            "You'd need a second brain cell to follow this.",
            "Stop talking, you know nothing, you never did and you never will.",
            "You are dumber than a bag of rocks.",
            "Look at you, crying again, what a pathetic baby.",
            "You useless lump, can you do anything right?",
            "You ignorant fool, go back to school.",
            "Nobody likes you and you know exactly why, you nasty liar.",
            "You're a coward and a liar and I have no respect for you.",
            (
                "Hey genius, ever tried thinking before you type? Of course not, there is nothing "
                "to think with."
            ),
            "You are rotten inside.",
            "You dirty cheat, you have always been a crook.",
            "I have met doormats with more backbone than you, you spineless worm.",
            "You voted for them? Then you are a brain-dead sheep.",
            "With that attitude you're just a spoilt brat.",
            "You look like something the cat dragged in.",
            "You're a disgrace to your family.",
            "You are a disgrace to this club and to everyone who pays to watch you.",
            "Only an imbecile like you could write this.",
            "Go cry to mummy, you big baby.",
            "You're nothing but a bully with a big mouth and a tiny brain.",
            "Bloody hell, you're slow in the head.",
            "I can't believe how stupid you are, honestly, it hurts to read.",
            "You, sir, are a fool and a bore.",
            "What a vile person you are, I pity your children.",
            "You're a lazy pig who lives off other people.",
            "Shut your stupid mouth for five minutes.",
            "You are so ugly that the mirror looks away.",
            "Dumb as a post, and proud of it, that is you all over.",
            "You call that work? A trained monkey would do it better than you, you useless idiot.",
            "I have seen smarter toast.",
            "You arrogant, selfish, miserable excuse for a father.",
            "You little brat, somebody should have raised you properly.",
            "You're trash, your friends are trash, and your whole street is trash.",
            "Everyone in the office thinks you're an arse, and they're right.",
            "Are you blind or just plain thick?",
            "Such a snake, you smile at people and then stab them in the back.",
            "You have got to be the dumbest man on the internet, and that's saying something.",
            "Your kind of stupid should be studied by science.",
            "You disgust me, you hypocrite.",
            (
                "You old fool, you don't even understand your own telephone, and you want to tell "
                "me about tax law?"
            ),
            "Bootlicker.",
            "You gutless little troll, you only dare to talk like that behind a screen.",
            "What are you, five? Grow up, you whiny child.",
            "You're a terrible mother and your kids deserve better than you.",
            "You're a failed excuse for a teacher, no wonder that your pupils laugh at you.",
            "Piss off, you ugly git.",
            "You're as useful as a chocolate teapot, you brainless twit.",
            "Oh look, the village idiot is typing again.",
            "You must be the stupidest customer we have had all year.",
            "You are too fat to be on that stage, go and hide.",
            "You're a parasite, get a job.",
            "Everything that comes out of your mouth is rubbish, and so are you.",
            "I do not argue with morons like you.",
            (
                "I have read your comment three times now, hoping that it would make sense, but "
                "no, it's as empty as your head, and I'm done wasting my evening on an idiot who "
                "can't even read the title."
            ),
            (
                "I always thought you were only shy, but now that I know you better I see that "
                "there is simply nothing inside you, no heart, no wit, just greed and a big "
                "mouth."
            ),
            (
                "You stood there in your expensive suit, you lied to all those old people about "
                "their savings, and then you went home to sleep like a baby, because you are a "
                "heartless, greedy swine."
            ),
            (
                "Honestly? You were a rotten friend. You lied, you cheated and you stole. You're "
                "garbage."
            ),
            (
                "Look, nobody wanted to say it at the party, so I will: you're loud, you're rude, "
                "you smell of gin, and your stories are as stupid as your hat."
            ),
            "Your face makes babies cry.",
            "Hey fatso, leave some cake for the others.",
            "You talk like an old goat.",
            "You incompetent twerp, the printer was not even plugged in.",
            "Creep.",
            "You are a snob and a fool in one person, how efficient.",
            "You're mental, get your head checked.",
            "What a wimp you are, scared of a dog.",
            "You voted twice for that crook, how thick can one be?",
            "You hypocrite, you preach water and drink wine.",
            "You horrible, horrible man.",
            "Were you born this daft or did you take lessons?",
            "You are as dull as dishwater and twice as dirty.",
            "You drive like a lunatic, you idiot, and one day you'll hurt a child.",
            "Silly girl, you do not even know what inflation means.",
            (
                "Last night at the party you were rude to my mother, you were drunk, and you were "
                "the same pig as always."
            ),
            "Your new book proves it, you are a bore and a fraud.",
            "I said it before and I say it again: you're an idiot.",
            "It was your fault, you dumb ox.",
            "After all these years you're still the same spoilt little prince.",
            "My cat has more sense than you, you nitwit.",
            "The only thing bigger than your ego is your backside.",
            "Today you made me late again, you useless, selfish cow.",
            "You were a bad friend and you're a worse husband, you lying rat.",
            "Great match, except for you, you clumsy oaf.",
        ],
        "validation": [
            "You {stupid|silly} cow, watch where you're going.",
            "What a {nasty|horrid} piece of work you are.",
            "Idiot, can you not {read|count}?",
            "You have a {big mouth|fat head} and nothing in it.",
            "You {pathetic|miserable} wannabe, delete your channel.",
            "Nobody is as dim as you, not even my dog.",
            "You dumb clown, it says so in the first line of the article.",
            "You're a fraud, a thief and a bully.",
            "Ugly inside and out, that is what you are.",
            (
                "I wanted to stay polite, I really did, but after your fourth message about the "
                "hedge I can only say that you're the most petty, small-minded fool who ever "
                "owned a ruler."
            ),
        ],
        "test": [
            "You {brainless|hopeless} twit, look what you have done.",
            "You are a {cheap|miserable} copycat without one thought of your own.",
            "Fool, did you even {look|listen}?",
            "What an {awful|ugly} human being you are.",
            "Your {haircut|outfit} is as stupid as you are.",
            "You whiny loser, go and play somewhere else.",
            "Everybody in the team knows that you are a fake and a coward.",
            "Shut it, fatty.",
            "You must have been dropped on the head as a child.",
            (
                "We waited two hours for you in the cold, and then you come along without a word "
                "of regret and complain about the food, you selfish, spoilt, ungrateful pig."
            ),
        ],
    },
    "misspelt_insult": {
        "train": [
            "ur {dum|dumb} lol",
            "ur such a {l0ser|looser}",
            "{stfu|stfuu} u idiot",
            "u r so {stuped|stoopid} i cant even",
            "your a {joke|clown} and evry1 knows it",
            "ppl like u shud {shut up|be quiet} 4ever",
            "{gtfo|go away} nobody likes u",
            "u {ugly|uglyyy} af",
            "omg ur so {anoying|annoyin} just leave",
            "what a {morron|mooron} u are",
            "ur {brain|brian} is the size of a pea",
            "u suck at {this game|football} so bad just quit allready",
            "ur {mum|mom} shud be ashamd of u",
            "LOL ur {pathetik|pathetic} go cry",
            "hes a {lier|liar} and a theif dont trust that rat",
            "she is so {fat|ugley} lmao what a pig",
            "u are {retched|wurthless} and no one wil ever luv u",
            "shuttt upppp {idiott|morooon}",
            "idiots lyk u r why {we lose|i hate this place}",
            "{dumbas|dumass} cant even spel",
            "ur trash",
            "trash player uninstal",
            "kys loser",
            "nobdy askd u clown",
            "go bak to ur cave u trol",
            "ur realy the dumest person on here and thats sayin sumthing",
            "y r u so dense",
            "eww look at ur face",
            "i h8 u",
            "i hate u so mutch u discusting pig",
            "u stink",
            "stinky loozer no frends",
            "get lost freek",
            "ur a wast of space m8",
            "wot a muppet u are cant kick a ball 2 save ur life",
            "this guy is a compleat idoit who let him on the radio",
            "teh mayor is a fkn idiot n so is evry1 who voted 4 him",
            "ppl who vote 4 this r brain ded sheep",
            "u shud be fired u lazy uselss git",
            "my boss is a fat lazy pig n i hope he chokes",
            "ur teecher must of been as thick as u",
            "shes a snake dont beleive a word that comes outta her mouth",
            "u gays r sick",
            "wimen cant drive full stop thyre to dumb",
            "forinners shud all go home there nothin but scum",
            "old ppl r useles they shud not be alowed to vote",
            "f off",
            "f u and ur whole famly",
            "eff off u muppet",
            "go 2 hell",
            "i hope u dieee",
            "die alredy",
            "ur existance is a mistake",
            "u r a mistayk ur parents no it 2",
            "hahaha ur so poor u cant even aford shoes loser",
            "ur songs r garbaj n so r u",
            "nice try jenius u got it rong agen becos ur brainles",
            "u dont no nothing ur just a dum kid",
            "ur nothin",
            "ugly cow",
            "lern 2 drive u blind bat",
            "u cheeting scum i no what u did",
            "jus stop posting ur embarasing urself u creep",
            "wierdo",
            "what a vile nasty litle man u are",
            "evryone in class thinks ur a freak n we dont want u here",
            "congradulations on being the bigest idiot of the weak",
            "ur cooking makes me sik n so does ur face",
            "you are an id iot",
            "your so stupidd it hurts mee",
            "u fukin moron reed the rules",
            "bloddy fool u broke it agen",
            "ure a cowerd hidin behind a fake name",
            "i wud explain it 2 u but ur 2 thick 2 get it",
            "he has the IQ of a potatoe",
            "grow up u sad litle man",
            "u make me wanna puke u fake",
            "hate ur gutz",
            "ur dog is smarter then u",
            "pathetick excuse for a humen",
            "stoopid is as stoopid duz n u do it evry day",
            "nobody wud notice if u dissapeared",
            "tel ur ugly sister i sed hi lol",
            (
                "ok so i red ur hole post n i hav 2 say its the dumest thing ever, u dont no wat "
                "ur talkin about, u never did, go bak to skool u absolut donky"
            ),
            (
                "evry time i see ur name in this group i alredy no its gona be sum stupid crap "
                "becos ur a bitter old man with no frends n no life"
            ),
            (
                "lisen here u litle punk, my bruther works at that shop n he sed u cheeted the "
                "old lady so ur nothin but a dirty theif"
            ),
            (
                "u shud be ashamed of urself, ur kids r hungry n u spend it all on beer, wat a "
                "disgrase of a father u r"
            ),
            "ur so thik",
            "scumbag liers the lot of em",
            "u got no tallent, stop singin, my ears r bleedin u fat cow",
            "imagin bein u lol sad",
            "thick az a brik",
            "u ugli troll nobdy wants 2 see ur selfys",
            "my naybor is a psyco n a perv",
            "that refere is blind n payed off the dirty swine",
            "shutup abt politix u dont no nuffin",
            "hop u choke on ur diner",
            "u nasti witch",
            "u r cancer",
            "go jump of a bridge m8",
            "ur a pedo n we al no it",
            "dont tok 2 me u peasent",
            "u smel like a bin lol",
            "my sister sed ur a creep n she was rite",
            "the new gurl in my class is a ugly pig lol",
            "i saw ur game today n u were a joke u fat goose",
            "it was u who broke it u clumsy moron dont lie",
            "the guy from the shop is a pervet",
            "today on the bus this fat smely woman sat next 2 me yuk",
            "ur last post was so dum it hurt my hed",
            "my teem lost becos of that brainles goly",
            "that polititian is a crimnal n a pig",
            "the best thing abt u is ur dog, u r rubish",
        ],
        "validation": [
            "ur a total {looooser|l00ser} bye",
            "u r the {dummest|thikest} kid in school",
            "omg shutup u {stupit|stewpid} cow",
            "he is such a {filthy|fithy} lyer",
            "wat a {clwon|clown} u r",
            "nobudy wants u heer",
            "go drown urself in the lake",
            "ur hole team is trash n u r the wurst",
            "i cant stand u ur so fake n ugley",
            (
                "the cooch of this team is so dum, he takes of the best player n then he smiles "
                "like the fat idiot that he is, sak him"
            ),
        ],
        "test": [
            "u {brainles|braneless} donkey",
            "wow ur {reely|rly} that dum huh",
            "{hes|shes} a creep n shud be lockd up 4 bein so ugly",
            "imma laugh wen u {fale|fail} u spoilt brat",
            "get a {lyfe|lief} weirdoo",
            "u r scumm n ur frends r scum",
            "i hope ur car crashs lol",
            "no1 cares about ur opinon u washd up hack",
            "thay shud send ppl like u back were u came from",
            (
                "yestrday u sed one thing n today u say sumthing els, ur a two faced lyin snake n "
                "evrybody is fed up wiv u"
            ),
        ],
    },
    "sneering_irony": {
        "train": [
            "Oh {bravo|well done}, you managed to get even that wrong.",
            "{Great|Brilliant} thinking, did it hurt?",
            "How {sweet|cute}, it thinks it has an opinion.",
            "Bless you, thinking was never your {strength|thing}, was it?",
            "I'd {agree|argue} with you, but then we'd both be wrong.",
            "Let me guess, you did your own {research|thinking}.",
            "Don't worry about {losing|losing your mind}, nobody expected anything from you.",
            "Somewhere out there a {tree|plant} is working hard to make the air that you waste.",
            "I'm sure your {mother|dog} thinks you're clever.",
            "You aren't {completely|entirely} without use, you can always serve as a bad example.",
            (
                "Please, tell us {more|again}, we were all so hoping to hear from the man who "
                "failed at everything."
            ),
            "With a {mind|talent} like yours it must be so nice and quiet in there.",
            "Did you write that all by yourself, or did a {toddler|parrot} help you?",
            "I {envy|admire} people who have never met you.",
            "Wow, a whole sentence, have you {been practising|got a helper}?",
            "Thank you for your opinion, I'll file it with the other rubbish.",
            "Congratulations, your comment has made everyone who read it a little less clever.",
            "Keep talking, someday you may say something sensible.",
            "Everyone brings joy to this office, some when they come in, you when you leave.",
            "Oh look, the expert has arrived.",
            "Some people climb the ladder of success, you walked under it.",
            "It must be wonderful to go through life without a single thought.",
            "If ignorance is bliss, you must be the happiest man alive.",
            "Nice try, genius.",
            "Sure, genius, and the moon is made of cheese.",
            "Slow clap for the professor over here.",
            "Give that man a medal, he found the door handle on his own.",
            "Aw, did someone forget to take you for your walk today?",
            "I would explain it to you, but I left my crayons at home.",
            "Take your time, I know that reading is new to you.",
            "You must be great fun at funerals.",
            "Light travels faster than sound, which is why you seemed bright until you spoke.",
            "You bring everyone so much joy when you leave the room.",
            (
                "What a shame that common sense isn't for sale, you could have asked for some at "
                "Christmas."
            ),
            "Well, at least you're pretty. Oh, wait.",
            "You're proof that anyone can finish school these days.",
            "Your parents must be so proud, all that money for lessons and then this.",
            "I see that the circus let you out for the day.",
            "Do you need a map to find your point, or should we call for help?",
            (
                "I love what you have done with your hair, how do you get it to come out of the "
                "nose like that?"
            ),
            "And this, children, is why you should stay in school, or you will end up like him.",
            (
                "Ah yes, he surely won the vote because of his brilliant mind. It cannot have "
                "been daddy's money."
            ),
            "So glad to have her on the council, every village needs one.",
            "Our minister can count to ten as long as he keeps his shoes off.",
            "The striker is a real gift, mostly to the other teams.",
            "How lucky we are that our new boss can breathe without a manual.",
            "I am not saying she is slow, but it takes her an hour to watch the news at ten.",
            "He is living proof that you can live without a brain.",
            "There she goes, off to share her wisdom with people who didn't ask.",
            "Remind me to ask you the next time I need a wrong answer.",
            "What would we do without your advice? Better, probably.",
            "I didn't know that they let you near a computer without a nurse.",
            "Of course you won, darling, they always let the little ones win.",
            "Such courage, to go out with a face like that.",
            "That dress is so brave on someone of your size.",
            "Oh how clever, have a biscuit.",
            "Your village called, they want their idiot back.",
            "Don't strain yourself, sweetheart, leave the thinking to the grown-ups.",
            "Amazing, every word of what you just said shows what your teachers had to go through.",
            "I have been called worse things by better people than you.",
            "Sorry, I don't speak nonsense, can you find someone to translate you?",
            "You have delusions of adequacy.",
            "Do go on, I was hoping to fall asleep.",
            "Was that a joke, or is the joke just you?",
            "A round of applause for the only person here who managed to lose against himself.",
            "must be hard to be wrong about everything and still so proud",
            "wow so deep, did you read that on a cereal box",
            "cool story, now let the adults talk",
            "yes dear, of course you're right, now take your pills",
            "You were born on a motorway, were you not? That's where most accidents happen.",
            "If I wanted to hear from someone like you I'd have lifted a stone.",
            "I have seen puddles deeper than you.",
            "There is a fine line between brave and you.",
            "May I borrow your face? My doctor wants to see what happens when one gives up.",
            (
                "Our neighbour is so generous, he shares his music, his smell and his bad mood "
                "with the whole house."
            ),
            "Are you always like this, or is today a special occasion?",
            (
                "We should thank the referee, it takes real talent to miss what a blind man would "
                "have seen."
            ),
            "The journalist must have written this with both hands tied and the lights out.",
            "Please never change, the rest of us look so good beside you.",
            "The wheel is turning, but the hamster left you years ago.",
            (
                "It must take years of training to walk into a room full of kind and clever "
                "people and say the one thing that makes all of them want to look for their "
                "coats."
            ),
            (
                "I have to hand it to you, not many people could lose a race with one runner, and "
                "fewer still would post a film of it and ask for praise."
            ),
            (
                "So let me see if I have this right: you never read the report, you never met the "
                "author, but you watched a clip on your phone, and now you're the professor."
            ),
            (
                "When the teacher asked for a clever answer, it was so thoughtful of you to stay "
                "silent, and I hope that you will keep up this good work for the rest of your "
                "life."
            ),
            (
                "We all have our gifts. Some can sing, some can cook, and you can make a whole "
                "table of friends remember that they have to get up early."
            ),
            "Do not listen to them, you are special, your mother told us so.",
            "He isn't lazy, he's just saving his strength for the grave.",
            "I bet you count on your fingers and still get it wrong.",
            "With friends like you, who needs a cold?",
            "A thinker like you should really try the shallow end first.",
            "Two more lessons, and you may be able to spell your own name.",
            "What a catch he is, forty years old and mum still cuts his meat.",
            "How nice that the village could spare you for a day.",
            "You sound so sure of yourself, that must come from never having been right.",
            "She did her best, and that's the sad part.",
            "Poor thing, all dressed up and still nobody is looking.",
            (
                "Our finance minister found a calculator, now he only has to find someone who can "
                "use it."
            ),
            "can we get a gold star for the big boy who read a headline",
            "oh no, the keyboard hero is angry, I'm shaking",
            "thank god you're here, we nearly had a sensible talk",
            "After three years at the firm he has found the coffee machine, we are all so proud.",
            "I was going to give you a nasty look, but I see that you already have one.",
            "The good news is that you are on time, the bad news is that it is you.",
            "My first thought was that you're joking, my second was that you're always like this.",
            "It is so brave of you to give your opinion on a subject that you have never met.",
            "Today I learned that one can be wrong in four languages, thank you for that.",
            "The new manager is so modest, and he has so much to be modest about.",
            "Best speech of the year, said his mother.",
            "I was told that there are no stupid questions, and then you raised your hand.",
            "Such a lovely voice, have you thought about silent films?",
        ],
        "validation": [
            "Oh {wow|dear}, another pearl of wisdom from you, where do I sign up to forget it?",
            "Your {silence|absence} would be your finest work.",
            "Because of you, shampoo has {instructions|a manual}.",
            "I would call you {sharp|bright}, but I hate lying.",
            "Please hold the applause, he tied his {own|two} shoes today.",
            "Nice to see that they gave you the afternoon off from the zoo.",
            "I am impressed, I did not think that you could sink any lower.",
            "well somebody ate their clever flakes this morning, not you obviously",
            "She has such an open mind that everything in it fell out.",
            (
                "Thank you so much for explaining my own job to me, I have only done it for "
                "twenty years, so it's a relief that a man who once saw a film about it could "
                "step in."
            ),
        ],
        "test": [
            "What a {gift|talent}, to talk for an hour and say nothing, you must practise at home.",
            "I'm {jealous|envious} of all who are too far away to hear you.",
            (
                "You should {write|print} a book about all you know, the stamp collectors love "
                "small things."
            ),
            "It's {kind|noble} that you lower our average.",
            "Even a {broken|stopped} clock is right twice a day, so you still have some way to go.",
            "Ah, our star employee, always first in line when the work is done.",
            "If brains were petrol you couldn't drive round a penny.",
            "He has a face made for radio, and a voice made for print.",
            "sure, and which kindergarten gave you that degree",
            (
                "Let's all be grateful to the gentleman in the third row, for without his long "
                "question we'd never have known how little can be said with so many words."
            ),
        ],
    },
    "insult_of_a_third": {
        "train": [
            "This {journalist|writer} is a moron who can't even spell.",
            "Whoever wrote this is {an idiot|a clown}.",
            "My {neighbour|landlord} is a fat pig and as dumb as he looks.",
            "That {referee|linesman} is a blind, corrupt idiot.",
            "The {author|editor} of this article is a lying hack.",
            "Her {husband|brother} is a disgusting creep.",
            "What a {clown|fool}, this so-called expert.",
            "The {minister|mayor} is nothing but a dirty crook.",
            "Our {boss|manager} is a nasty, brainless bully.",
            "He is a {loser|freak}, everybody says so.",
            "She's {ugly|fat} and mean and she knows it.",
            "That {girl|boy} from the shop is thick as mud.",
            "The {singer|presenter} looks like a pig in a dress.",
            "My {ex|cousin} is a lazy, lying piece of garbage.",
            "The new {coach|trainer} is a brainless coward, what a pathetic man.",
            "Look at that {woman|bloke}, what a cow.",
            "The {doctor|nurse} we saw was an ignorant bitch.",
            "This {reporter|blogger} should be ashamed to be alive, the filthy liar.",
            (
                "The {judge|lawyer} is a corrupt piece of dirt and his mother should have known "
                "better."
            ),
            "He has the brain of a goldfish and the looks of a toad.",
            "What a horrible witch she is.",
            "I cannot stand her stupid face.",
            "Such an idiot, that man on the radio.",
            "Moron of the year, this guy.",
            "The driver of the red van is a complete arsehole.",
            "Our teacher is a stupid old hag, we all laugh at her.",
            "That waiter was too dumb to carry a plate, poor little idiot.",
            "This so-called scientist is a paid liar and a disgrace.",
            "My sister in law is a poisonous snake, and I wish my brother had seen it in time.",
            "He's a sick little man and the whole town knows it.",
            "That actress is so ugly that she should stick to radio.",
            "Only a half-wit like the man who runs this page would post it.",
            "Our goalkeeper is a useless lump of lard, sell that clown.",
            "The guy upstairs is a filthy animal, he lives like a pig and stinks like one.",
            "The postman is so slow, I think he is not right in the head.",
            "Typical, the woman in charge is as stupid as she's arrogant.",
            "What do you expect from him, he's a dirty liar like his father.",
            "The kid next door is a spoilt little monster that nobody can love.",
            "I met the new girl at work, what a stupid cow.",
            "The man who reads the weather is an ugly fool, I switch it off when I see him.",
            "The councillor is a greedy rat, he sold the park and laughed about it.",
            "She cooks like she looks, disgusting.",
            "He thinks he's a genius, but he's only a fat fraud with a beard.",
            "I despise that man, he is vermin.",
            "That politician is a parasite and a coward.",
            "Every time this clown opens his mouth, I feel sorry for his wife.",
            "The president of our club is a senile old fool.",
            "My aunt is a mean, bitter, stupid woman and I tell everyone.",
            "Pathetic creature, that singer, no voice, no looks, no brain.",
            "The dentist is an absolute butcher and a moron on top of it.",
            "This streamer is trash, and his fans are trash too.",
            "He's dumb. He was always dumb. He'll die dumb.",
            "The woman behind the counter must be the dumbest creature I have met this year.",
            "A liar, a thief and a drunk, that's all he ever was.",
            "Who hired this clown? He could not find his own backside with both hands.",
            "Someone should tell that ugly cow to stay off the stage.",
            "The caretaker is a lazy bum who has never done an honest day of work.",
            "What a spineless worm our chairman is.",
            "The man who designed this kitchen is an utter cretin.",
            "That professor is a fossil who should have been thrown out years ago, the stupid git.",
            "I hate my stepfather, he's a worthless drunk.",
            "That player is a dirty cheat, a coward, and a whining baby.",
            "i bet the guy who made this video is a fat virgin in his mums basement",
            "this woman is insane, lock her up",
            "she's nothing, a nobody, a fake",
            "lol what a loser he is",
            "honestly that girl is so dumb i feel sick",
            "the admin of this group is a power mad idiot",
            "Have you seen her legs? Like an elephant.",
            "Is this man really that stupid, or is he paid for it?",
            "How can anybody be as vile as that preacher?",
            "Why is this idiot still on television?",
            "The plumber is a crook, the baker is a pig and the butcher is both.",
            "He calls himself a father, but he's a coward and a waste of air.",
            "Ignore her, she is a bitter old bag.",
            "The bride looked like a whale, and the groom is an idiot to marry her.",
            (
                "The programmer who wrote this was a total moron and should never touch a "
                "keyboard again."
            ),
            "They are both so dumb, him and his wife, a pair of donkeys.",
            "The intern is a sloth with the mind of a slug, fire him.",
            "No one at school talks to that freak, he smells.",
            (
                "The man who runs this newspaper has never done an honest day of work in his "
                "life, he inherited money, he inherited his opinions, and he's too stupid to "
                "spend the first or to change the second."
            ),
            (
                "I went to the surgery with my son, and the woman at the desk, a fat, rude, "
                "ignorant cow with a voice like a saw, sent us away without even looking at him."
            ),
            (
                "My neighbour leaves his bins in front of my door, he plays his trumpet at night "
                "and he kicks his dog, so yes, I say it openly, the man is human garbage."
            ),
            (
                "There are bad teachers, and then there's ours, a bitter, nasty, half-blind old "
                "witch who should have been put down years ago."
            ),
            (
                "Watch how he walks on the stage, how he smiles, how he waits for the applause. A "
                "peacock with the brain of a peanut, and the morals of a rat."
            ),
            "Our new colleague is a brown-nosing little toad.",
            "She's mad, she was born mad.",
            "The head of the union is a filthy traitor.",
            "That bloke from the garage is a con man, he is scum.",
            "The girl who won the contest has a face like a horse.",
            "He lies when he opens his mouth.",
            "Her son is a thug and her daughter is a tramp.",
            "Never seen such a clueless idiot as this minister of finance.",
            "The anchor on channel five is a talking wig without a brain.",
            "What sort of monster is this woman?",
            "That linesman should get glasses, the old fool.",
            "This influencer is a dumb doll who sells poison to kids.",
            "the guy who writes these columns is mentally ill",
            "our prime minister is a gutless worm",
            "My brother in law, that lazy sponger, is on the sofa again.",
            "I was in the new bakery today, and the girl there's thick as two planks.",
            "The old man from number six was a nasty bastard then and is a nasty bastard now.",
            "The captain was a coward on the pitch and a pig off it.",
            "My new flatmate eats like a pig, smells like a goat and lies like a thief.",
            "It was the same ugly clown who gave the speech last year.",
            (
                "The candidate is a puppet, a drunk and a moron, and that was before he started "
                "to talk."
            ),
            "I read her last novel, this woman is an idiot.",
            "My first boss was a monster, a truly evil woman.",
            "Two years I was married to that rat.",
            "In the shop today: a fat idiot who could not find her purse.",
        ],
        "validation": [
            "The {columnist|novelist} is a talentless hack and a snob.",
            "My {uncle|flatmate} is a greedy pig, I cannot bear him.",
            "This {guy|lady} is a total nutcase.",
            "The {bus driver|usher} is a dumb brute.",
            "What a {worm|rat} that banker is.",
            "He's a bully, a liar and a big fat baby.",
            "The woman who owns the bakery is an evil old witch.",
            "The keeper is an overpaid donkey who couldn't catch a cold.",
            "whoever filmed this must be the biggest idiot on earth",
            (
                "The lady from the housing office looked at my papers as if they were dirt, the "
                "stuck-up cow, and I would bet my boots that she cannot even read them."
            ),
        ],
        "test": [
            "The {critic|speaker} is an arrogant twit with a brain like a pea.",
            "My {roommate|colleague} is a filthy slob and a thief.",
            "That {cyclist|lady} is a complete lunatic.",
            "The {head teacher|captain} is a sad, stupid coward.",
            "She's {repulsive|dreadful}, and her kids take after her.",
            "What a creep, he should crawl back under his stone.",
            "The person who runs this bank is scum.",
            "The umpire is a brain-dead fool, a disgrace to the sport.",
            "lmao look at this ugly dude he thinks he can sing",
            (
                "He promised to fix the roof before winter, took the money and was never seen "
                "again, that lying, thieving, toothless bastard from the end of the road."
            ),
        ],
    },
    "wish_of_harm": {
        "train": [
            "I hope you {die|choke}.",
            "Go {jump off a bridge|play on the motorway}.",
            "I hope your {house burns down|car crashes}.",
            "Someone should {slap|punch} that man in the face.",
            "I wish you a long and painful {illness|winter without a roof}.",
            "Drop {dead|dead right now}.",
            "{Do|Do us} a favour and walk into traffic.",
            "May you {rot|burn} in hell.",
            "I'll {find|hunt} you and then you'll be sorry.",
            "If I see {him|her} again, I'll break every bone in that body.",
            "You deserve to be {beaten|whipped} until you learn some respect.",
            "I hope she loses {everything|her job, her flat and her teeth}.",
            "He should be {shot|hanged} for that decision.",
            "Wait till I get my {hands|fists} on you.",
            "Next time I will run you {over|down}, cyclist.",
            "Just {die|disappear}.",
            "Kill yourself.",
            "Go kill yourself, nobody will cry.",
            "I know where you live.",
            "Sleep with one eye open.",
            "You should have died instead of the dog.",
            "Why are you still alive?",
            "One of these days somebody will shut you up for good.",
            "The world needs fewer people like you, so hurry up and go.",
            "I hope the plane falls out of the sky with that politician on it.",
            "I hope you get cancer.",
            "Please choke on your dinner.",
            "I want to see that referee bleed.",
            "May all your children be sick and hate you.",
            "I would laugh at your funeral.",
            "I will dance on your grave.",
            "When you fall down the stairs one day, I won't call a doctor.",
            "Somebody give that journalist a good kicking.",
            "The minister belongs on a rope.",
            "I will make your life hell, just wait.",
            "Say that to my face and I will knock your teeth out.",
            "You had better not come to the match on Sunday, we will be waiting for you.",
            "Your shop won't stand there for long, if you know what I mean.",
            "I hope he never wakes up again.",
            "They should drown the man who wrote this law.",
            "Put her in a sack and throw it in the river.",
            "A bullet would be too good for this director.",
            "I hope you end up alone, poor and forgotten in a cold room.",
            "If looks could kill, you'd be dead by now, and I'd be happy.",
            "Hang him. Hang his friends too.",
            "Don't be surprised when your tyres are flat tomorrow, this is only the start.",
            "Watch your back on the way home, pretty boy.",
            "I pray that you suffer every day of your life.",
            "You'll get what you deserve, and I'll be there with a smile and a baseball bat.",
            "My only wish for Christmas is that my neighbour breaks his neck.",
            "I could strangle you, and I'm not joking.",
            "We'll burn your office down with you in it.",
            "Someone ought to poison her coffee.",
            "I hope your wife leaves you and your kids forget your name.",
            "You should be locked in a cellar and fed with scraps.",
            "Let him starve.",
            "I'd pay good money to watch you get hurt.",
            "That striker should break both his legs, then he cannot embarrass us any more.",
            "You're dead, do you hear me, dead.",
            "Rot in jail, you and your brother.",
            "I hope that the virus gets every single one of these protesters.",
            "Throw the editor out of the window and see whether he can fly.",
            "It would be no loss if that whole family went up in smoke.",
            "Go hang yourself in the shed.",
            "go choke on a bone",
            "hope you crash",
            "die in a fire",
            "i will smash your head in you little rat",
            "i hope your kid gets run over",
            "somebody please end this guy",
            "i swear i will stab you",
            "may the next storm take your roof and you with it",
            "If it were up to me, people like him would be put against a wall.",
            "How about you swallow some bleach?",
            "Can someone please push this woman off a cliff?",
            "She needs a good slap and I am happy to give it to her.",
            "Too bad that the accident did not finish you off.",
            "You don't deserve the air you breathe, so stop using it.",
            "I have your address and your photo, and my friends are bored.",
            "We shall see how funny you're with a broken jaw.",
            "I want you to hurt the way you have hurt this club.",
            "The cook should be boiled in his own soup.",
            (
                "One day you'll be old and weak, and you'll lie in a bed and ring the bell, and I "
                "hope with all my heart that nobody comes."
            ),
            (
                "When the flood came, it took the houses of so many good people, and it left his "
                "standing on the hill. What a pity, it should have taken him and all that he "
                "owns."
            ),
            (
                "I do not care what the court says or what the papers write, if that driver ever "
                "comes to our village, the lads and I will make sure that he never walks again."
            ),
            (
                "To the person who complained about our dog: I know your car, I know when you "
                "leave for work, and I know how easy it is to cut a brake line."
            ),
            (
                "My grandmother always said that one should not wish evil on anyone, but for this "
                "banker I make an exception. Let him lose all, let him go blind, let him beg."
            ),
            "Why does nobody hit this woman with a shovel?",
            "Die slowly, please.",
            "Bring back the gallows for this cabinet.",
            "Crash and burn, loser.",
            "Get sick and stay sick.",
            "Someone should cut his tongue out.",
            "We're coming for you tonight.",
            "I'll send you to hospital, that's a promise.",
            "You will end up in a ditch, and I will drive past.",
            "May your own dog bite your throat.",
            "I'd love to see you fall off that stage and break your neck.",
            "Lightning should strike this man in his pulpit.",
            "He ought to be skinned alive.",
            "hopefully a lorry hits that cyclist",
            "your time is up, count your days",
            "I was so happy when I heard that he had a crash, it was only a pity that he lived.",
            "The best day of the year will be the day on which they bury you.",
            "My dream is to see this woman behind bars or under the ground.",
            "After the game we'll get the ref.",
            (
                "In the old days a man like him was thrown to the wolves, and it's time to start "
                "again."
            ),
            "It is a shame that the bomb did not hit his house.",
            "I prayed for your death today.",
            "Her new car should explode with her in it.",
            "This guy has had it coming for years, and I will bring my bat.",
            "The last thing you will see is my boot.",
        ],
        "validation": [
            "Hopefully you {drown|freeze} on your next holiday.",
            "I'm going to {smack|beat} you so hard that your grandmother feels it.",
            "Somebody should set that {teacher|manager} on fire.",
            "I hope it {hurts|kills} you.",
            "Jump under a train, we wouldn't miss you.",
            "One more word and you'll wake up in hospital.",
            "That senator deserves a rope round his neck.",
            "please get hit by a bus",
            "May your next illness be your last.",
            (
                "If the next winter is as cold as they say, then I hope that your heating fails, "
                "that your pipes burst and that they find you in spring."
            ),
        ],
        "test": [
            "I wish someone would {crush|flatten} you.",
            "Our landlord should {fall|be thrown} down his own stairs.",
            "Come {here|outside} and I will kick your head in.",
            "You should be put {down|to sleep} like a sick dog.",
            "Hope your heart stops tonight.",
            "I would shoot the man if I had a gun.",
            "You will beg me to stop, and I will not.",
            "nobody would care if you bled out",
            "Take a bath and bring the toaster.",
            (
                "The surgeon who sent my father home should lie on his own table one day, wide "
                "awake, while someone with shaking hands and no training looks for a saw."
            ),
        ],
    },
    "put_down": {
        "train": [
            "Nobody {asked|cares}, so keep quiet.",
            "You will never {amount to|be} anything.",
            "You don't {belong|fit} here and you never will.",
            "We were all {happier|better off} before you joined.",
            "Nobody wants to {hear from|sit with} you.",
            "You're {nothing|nobody} without your father.",
            "I feel sorry for your {wife|children}, having to live with you.",
            "No one will {ever|really} love you.",
            "{Even|Not even} your own mother can stand you.",
            "Your life is {empty|wasted} and you have only yourself to blame.",
            "You aren't good {enough|looking} and you never were.",
            "People like you shouldn't be allowed to {have children|breathe}.",
            "Why do you even {exist|bother}?",
            "You're the {reason|cause} why nobody comes to our parties any more.",
            "I have no {respect|time} for a person like you.",
            "Crawl back into your {hole|basement}.",
            "You make everything {worse|ugly} just by being there.",
            "Everyone {rolls their eyes|laughs} when you come in.",
            "Be quiet, the {adults|men} are talking.",
            "Know your place.",
            "You're beneath me.",
            "You bore me to tears, and not only me.",
            "I wouldn't trust you with a goldfish.",
            "You were a mistake.",
            "The day you were born was a bad day for everybody.",
            "Your opinion is worth nothing, like the rest of you.",
            "What have you ever done for anyone? Nothing. And you never will.",
            "We only invited you out of pity.",
            "You're too old for this, make room for people who still have a life ahead of them.",
            "You are too poor to talk to me like that.",
            "Someone like you will never understand books, so stay with your pictures.",
            "Nobody voted for you, nobody listens to you, and nobody will remember you.",
            "Stop pretending that you matter.",
            "I can't think of one good thing about you.",
            "It's no surprise that you're alone.",
            "Your friends only put up with you for your car.",
            "When you speak, everybody wishes they were deaf.",
            "Look in the mirror, then you know why he left you.",
            "If you were my son, I would give you away.",
            "Who would ever want to marry that?",
            "She's only on the team because nobody had the heart to send her home.",
            "He has failed at all he ever tried, and he'll fail at this too.",
            "That man should not be let near children, animals or a ballot box.",
            "You should be ashamed to show your face here.",
            "Just leave. Nobody will notice.",
            "The best thing you can do for this club is to stay at home.",
            "You have no friends, no job, no taste and no future.",
            "Not worth my spit, that one.",
            "Your vote shouldn't count.",
            "You are what is wrong with this country.",
            "I'd rather eat glass than work with you again.",
            "No wonder your kids never call.",
            "The whole village talks about you, and none of it is nice.",
            "You were never clever, you were never pretty, and now you aren't even young.",
            "I'm embarrassed to be related to you.",
            "You can study as long as you like, you will always be a peasant.",
            "Your poems show that you have nothing to say and no words to say it with.",
            "Do you ever listen to yourself? Nobody else does.",
            "You think they like you? They feel sorry for you.",
            "Go back to the kitchen.",
            "Go back under your rock.",
            "Talk to me again when you have achieved something in your life, which will be never.",
            "We do not serve people who look like you.",
            "With a face like yours I'd stay in.",
            "You're lucky that stupidity isn't a crime, or you'd be in for life.",
            "A person like her doesn't deserve friends.",
            "nobody likes you",
            "everyone hates you just leave already",
            "you will die alone",
            "you add nothing to this world",
            "no one would miss you",
            "not even the dog likes you",
            "you're the worst thing that ever happened to this family",
            "Nobody will help you, because nobody can stand you.",
            "You are a burden on all of us and you know it.",
            "Every class has somebody whom nobody picks, and that is you.",
            "Take your opinions and your bad breath somewhere else.",
            "You should never have been given a microphone.",
            "I would be ashamed to have raised a son like that.",
            "Why would anyone hire him, with that face and that voice?",
            "There isn't one person in this room who's glad that you came.",
            (
                "Your brother became a doctor, your sister plays in an orchestra, and then "
                "there's you, thirty years old, without a job, without a plan, the one whom we "
                "don't mention at Christmas."
            ),
            (
                "I looked at your drawings, and I think you should stop now, before you waste "
                "more paper. Some people have it and some don't, and you'll never have it."
            ),
            (
                "Do you know what your colleagues say when you leave the room? They say nothing "
                "at all, because the moment you are gone, you are forgotten."
            ),
            (
                "We had a good thing here, a small group of people who know what they are talking "
                "about, and then somebody had to give you the link."
            ),
            (
                "It's quite simple: a man like me gives orders, and a woman like you takes notes, "
                "and if that's too hard for you, there's the door."
            ),
            "You could disappear and the clocks wouldn't even stop for a second.",
            "You are second choice, and that only because the first was ill.",
            "There's nothing behind those eyes.",
            "I'm ashamed that we share a name.",
            "Nobody will read your book.",
            "You aren't even worth an answer.",
            "He will never be a real father to them.",
            "Who asked for your view, shop girl?",
            "You have been a let-down since the day you could walk.",
            "The smartest thing you ever said was nothing.",
            "Your dreams are too big for someone of your sort.",
            "She was hired for her legs and it shows in her work.",
            "Nobody at this school will ever dance with you.",
            "I regret every minute that I spent with you.",
            "you're so forgettable",
            "I was told to be nice to you, but what for?",
            "My mother was right about you, you are good for nothing.",
            "In three years at this school you haven't made one friend, think about that.",
            "After your last visit we had to air the room, and I do not mean the smoke.",
            "It was a nice evening until she came.",
            "I said yes to you because I was lonely, and now I am lonelier.",
            "The best part of the concert was when you stopped.",
            "This was a respectable street before your family came.",
            "You were the last name on the list, and then we tore off the end of the list.",
            "Today I saw your picture and felt sick.",
        ],
        "validation": [
            "You were always a {failure|nobody}.",
            "Who {let|invited} you in, you aren't one of us.",
            "I wonder how anyone can be {married to|friends with} you.",
            "All you ever do is {ruin|spoil} the fun.",
            "Hide your face, it scares the kids.",
            "He isn't worth the bread he eats.",
            "You must be very lonely, and it serves you right.",
            "go away we dont want you in this chat",
            "Your parents wanted a dog and all they got was you.",
            (
                "We gave you a chance, and a second one, and a third, and every time you proved "
                "that there's simply no use for you in this firm or in any other."
            ),
        ],
        "test": [
            "You aren't {welcome|wanted} at this table, find another one.",
            "Do you really think that {somebody|anybody} could fall for you?",
            "I lose {respect|brain cells} whenever you talk.",
            "Your {work|existence} means nothing to anyone.",
            "They should take your children away from you.",
            "She peaked at twelve and it has been downhill ever since.",
            "Save your breath, people of your level don't get a say.",
            "the group was nice until you turned up",
            "You're a stain on the name of our school.",
            (
                "When they read out the names of those who had achieved something, I was not "
                "surprised that yours was missing, and neither was anybody else in the hall."
            ),
        ],
    },
    "heated_topic": {
        "train": [
            "Anyone who votes for {that party|the left} is a brain-dead sheep.",
            "The {government|opposition} is full of filthy traitors who should be hanged.",
            "{Climate activists|Protesters} are lazy scum who have never worked a day.",
            "Fans of that {club|team} are inbred animals.",
            "{Teachers|Civil servants} are lazy leeches who live off our taxes.",
            "People who {eat meat|drive big cars} are murderers and should choke on it.",
            "Whoever buys this {phone|console} is a dumb sheep.",
            "The people at the {tax office|job centre} are heartless pigs.",
            "All {bankers|landlords} are rats, drown the lot.",
            "{Vegans|Cyclists} are the most annoying idiots on the planet, run them over.",
            "If you {believe in|preach} that stuff, you're mentally ill.",
            "Everyone who {likes|defends} this song is a deaf moron.",
            "{Left-wing|Right-wing} voters are too stupid to tie their shoes.",
            "The whole {parliament|cabinet} is a bunch of pigs at the trough, shoot them all.",
            "If you liked this {film|book}, you have the mind of a toddler.",
            "The {away|home} fans stink and can't read, what do you expect from that town.",
            "The election proved it: half of this country consists of idiots.",
            "Anybody who gets that vaccine is a gullible fool.",
            "Anybody who refuses the vaccine is a selfish moron and deserves to suffocate.",
            "You support the new tax? Then you're either a thief or an imbecile.",
            "You support the strike? Lazy parasite, go and do some real work.",
            "Only cowards and traitors want peace talks.",
            "The nurses on strike are greedy cows.",
            "Our team lost because the goalie is a fat useless pig.",
            "We lost again thanks to that blind donkey on the left wing, I hope he breaks his leg.",
            "Football fans are apes.",
            "Women's football is a joke, and so are the ugly girls who play it.",
            "Gamers are smelly losers who will never touch a woman.",
            "Those who use this browser should be sterilised.",
            "My colleagues in accounting are brainless zombies, every last one of them.",
            "The people in customer service are morons who barely speak our language.",
            "Students are spoilt brats who should be sent to dig potatoes.",
            "The parents at this school are trash and so are their kids.",
            "Pensioners who block the till with their coins should hurry up and die.",
            (
                "Only a sick person would put pineapple on a pizza, people like you should be put "
                "away."
            ),
            "Only a complete idiot like you plants tomatoes in March.",
            "The mechanic at this garage is a thieving monkey.",
            "Anyone who complains about the weather is a whiny idiot, and that includes you.",
            "You cannot cook, you cannot clean, what kind of woman are you?",
            "A man who pushes a pram is no man, he's a joke.",
            "What kind of idiot brings a dog to a restaurant? You, of course.",
            "You parked in two spaces, you selfish cow, I hope someone scratches your car.",
            "You code like a drunk monkey, go and sweep the floor instead.",
            "The developers of this game are lazy scum who deserve to starve.",
            "The lecturer is a senile fool, and the students who praise him are bootlickers.",
            "Religious people are all too stupid for anything but fairy tales.",
            "Atheists are soulless filth and will burn.",
            "Rich people are vermin, rob them.",
            "Poor people are poor because they're lazy and stupid.",
            "Drivers of these cars have small brains and even smaller other things.",
            "This town is full of inbred idiots, no wonder that the factory closed.",
            "You lost the election, cry more, you pathetic snowflake.",
            "Keep your mouth shut about immigration, you ignorant cow.",
            "Keep your nose out of politics, little girl, and go play with your dolls.",
            "Our mayor wants a bike lane, because that fat idiot has never ridden one.",
            "Look at these clowns in the council, they'd sell their own mothers.",
            "The new trainer knows as much about football as my toilet, and he looks like it too.",
            "Anyone who still watches this show after season two is a vegetable.",
            "The critics who liked it are paid liars, spit on them.",
            "If you cannot afford the rent, then get out of the city, you bum.",
            "People on benefits are leeches.",
            "Those so-called scientists are puppets and crooks.",
            "He calls himself a chef? That drunken pig couldn't boil an egg.",
            "The union leader is a fat toad who lives on the money of fools like you.",
            "lol imagine being so dumb that you vote green",
            "imagine paying for this app you absolute donkey",
            "typical lefty, no brain no job no soap",
            "typical right winger, no teeth and no school",
            (
                "Everybody who works at that company is a liar and a crook, from the boss to the "
                "cleaner."
            ),
            "You sold your shares? What a clueless idiot, stick to your piggy bank.",
            "The farmers with their tractors are stupid peasants who should go back to their dung.",
            "Go and marry your computer, you ugly nerd.",
            "The journalist who covered the trial is a filthy propaganda rat.",
            "This whole comment section is full of subhuman trash.",
            "Tourists are a plague, push them into the harbour.",
            "The lawyers and the judges are all the same corrupt filth.",
            "Anybody who gives their child a name like that should be in prison.",
            "How stupid do you have to be to fail this test? Ask my brother, the family idiot.",
            "Everyone in marketing is a lying airhead.",
            "I hope the whole team crashes on the way home, worthless bunch.",
            (
                "I watched the debate until the end, and all I learned is that half of the people "
                "in this country would vote for a pig if it wore the right tie, because that is "
                "how stupid they are."
            ),
            (
                "You people with your electric cars think you're better than the rest of us, but "
                "you're nothing but rich, smug, brainless hypocrites, and I hope that your "
                "batteries catch fire while you're in there."
            ),
            (
                "The nurses want more money, the drivers want more money, the teachers want more "
                "money. Lazy beggars, all of them, sack the lot and let them clean toilets."
            ),
            (
                "We paid forty euros for the ticket, we stood in the rain, and then this overpaid "
                "donkey misses from two metres. Shoot him. Shoot the trainer as well."
            ),
            (
                "If you still wear a mask you're a coward, if you listen to the news you're a "
                "sheep, and if you believe that scientist you shouldn't be allowed to have "
                "children."
            ),
            "The people who write the timetable are brain-dead, tie them to the rails.",
            "Whoever likes opera is a stuck-up snob with a stick up his arse.",
            "Anyone who goes on a cruise is fat trash.",
            "Hipsters with beards, you look like goats and think like them too.",
            "The fans of this boy band are hysterical little cows.",
            "Managers are psychopaths, every single one.",
            "You're for nuclear power, so you're either bought or brain-damaged.",
            "You're against nuclear power, because you slept through school, you dope.",
            "The girls in the office only gossip, hire men.",
            "Bankers and politicians belong on the same gallows.",
            "Those who leave bad reviews are bitter losers who have nothing else in life.",
            "Our delivery man is an ape who can't find a bell.",
            "The editor who cut that scene should have his fingers broken.",
            "you play like a girl go home",
            "all lawyers should be drowned at birth",
            "I went to the protest today, and the police are pigs, all of them.",
            "The new tax was made by crooks for crooks, string them up.",
            "My team was robbed today by a bribed swine with a whistle.",
            "The last government was a gang of thieves and this one is a gang of idiots.",
            "After this game I can say it: our fans are the dumbest in the league.",
            "I was at the doctor for three hours today, these arrogant pigs let people rot.",
            "It was the teachers who ruined our kids, the lazy swine.",
            "The guys at the new phone shop are liars and thieves, spit in their faces.",
            (
                "Two hours in the queue at the bank, and then some dumb cow shuts the window in "
                "my face."
            ),
            "He said he likes the new law, so he's an idiot or a Nazi, or both.",
        ],
        "validation": [
            "Whoever {votes|marches} for this is a dumb ape.",
            "{Drummers|Goalkeepers} are the dumbest people of all, there is no exception.",
            "Those who like this {series|band} are sad freaks.",
            "The {minister of health|tax inspector} is a swine.",
            "You want higher {taxes|fences}, because you're a greedy little thief.",
            "Hockey is for idiots and you're the best proof.",
            "The workers at the post office are sloths, sack them and let them beg.",
            "Supporters of the other side deserve a beating.",
            "Your recipe is vile and so are you, get out of the kitchen forever.",
            (
                "Every winter the same circus: three flakes of snow and the idiots with summer "
                "tyres block the hill, I'd push them all down the slope and leave them there."
            ),
        ],
        "test": [
            "The {socialists|conservatives} are maggots who feed on this nation.",
            "{Hunters|Anglers} are sick killers, I hope they shoot each other.",
            "Your {garden|blog} shows what a small and stupid man you are.",
            "You bought that {laptop|car}? What a sucker, there's one born every minute.",
            "Anybody who skips school for a demonstration is a lazy parasite.",
            "The referee and the whole league are bribed swine.",
            "The board of this company is a pack of hyenas, lock them all up.",
            "Physicians are butchers and quacks, each and every one.",
            "the guys who made this update should be beaten with their own keyboards",
            (
                "They want us to eat insects and heat one room, and the fools who cheer for this "
                "party will freeze before anyone else, and I for one won't shed a tear for such "
                "vermin."
            ),
        ],
    },
    "casual_bigotry": {
        "train": [
            "{Women|Girls} cannot park, everybody knows it.",
            "A {woman|lady} as a boss, that can't end well.",
            "{Men|Boys} are all pigs.",
            "No {fat|old} people on this bus, please, it has to move.",
            "{Redheads|Blondes} have no soul.",
            "{Pensioners|Teenagers} are a waste of space.",
            "{Travellers|Foreigners} and bikes, you know how that goes, lock your shed.",
            "I'm not a racist, but {these people|that sort} just can't behave.",
            "I have nothing against {gay people|trans people}, but they should hide it.",
            "They come here, take our {money|women} and laugh at us.",
            "Our country is {full|drowning}, throw them back into the sea.",
            "The {deaf|blind} shouldn't get a vote, what do they know.",
            "A {girl|woman} who dresses like that's asking for it.",
            "{Disabled people|Older people} only cost us money.",
            "She got the job because she's {a woman|black}, we all know how this works.",
            "{Muslims|Jews} control the whole street by now, somebody has to stop them.",
            "Real {men|women} don't cry, only the weak sort does.",
            "Speak {English|our language} or get out.",
            "{Asian people|Foreigners} all look the same to me, and none of them can drive.",
            "One {woman|man} too many in the room and you can forget your meeting.",
            "Girls are bad at maths, they should stick to cooking.",
            "Women belong in the kitchen.",
            "Women are too emotional to lead a country.",
            "A man who wears a dress is sick in the head.",
            "Two dads? That poor child.",
            "Poor people shouldn't have kids.",
            "Single mothers are to blame for crime.",
            "The homeless are an eyesore, hose them off the pavement.",
            "Autistic kids ruin the class for normal children.",
            "Mental patients should be locked up, all of them.",
            "People from the north are drunk and thick.",
            "City folk are spineless and false, they wouldn't last a day on a farm.",
            "People from that village marry their cousins, you can see it.",
            "They breed and breed, and who pays? We do.",
            "They do not wash, that is their culture.",
            "It's their religion, they're born violent.",
            "Once a thief, always a thief, it's in the blood of those people.",
            "If they do not like it here, the boat leaves daily.",
            "We should build a wall and put a minefield behind it.",
            "Another foreign name in the team, is nobody from here good enough to play any more?",
            "There are too many of them at the university, soon we'll need a passport to enter.",
            "I don't want my taxes to feed foreign mouths.",
            "I would never see a female doctor, I want someone who knows what he is doing.",
            "Would you let one of those teach your children? I thought so.",
            "Would you want to live next to that kind of family, with all their noise and dirt?",
            "Gay men shouldn't be teachers, think of the children.",
            "There are only normal people and sick people, and they march in that parade.",
            "Keep your rainbow away from my kids, pervert.",
            "The veil is a rag and those who wear it are slaves.",
            "Old people should be put in homes and forgotten.",
            "Fat people are disgusting to look at and should pay double.",
            "Short men are angry little dogs.",
            "You can take them out of the jungle, but you cannot take the jungle out of them.",
            "That accent tells me all I need to know, not a brain in sight.",
            (
                "Strange, the tall one is the only one of that family who works, must be from "
                "another father."
            ),
            "My dog does not like dark people either, smart dog.",
            "Do not give them a finger, they will take your purse.",
            "Why do they get a flat when decent folk like us have to wait?",
            "Hire one of them and you will have ten by Christmas.",
            "I moved away, the area was getting too colourful, if you get my meaning.",
            "I don't shop there any more, they even let those people touch the bread.",
            "Of course he won the prize, they have to give it to a minority these days.",
            "Since when do cleaners get to complain? Be glad that we let you in.",
            "Not all cultures are equal, some are simply below us.",
            "Someone with a wheelchair as a news reader, nobody wants to look at that.",
            "Christians are brainwashed idiots and should be kept away from schools.",
            "Immigrants are the reason why you cannot find a doctor, send them packing.",
            "Black people are only good at running and singing.",
            "Hindus and their smelly food, our staircase is unbearable.",
            "Refugees have better phones than I do, they are all frauds.",
            "Trans people are a fashion, it'll pass if we laugh at them enough.",
            "A couple like that shouldn't be allowed to kiss where kids can see it.",
            "go back to africa",
            "go back to your own country",
            "women drivers lol take away their keys",
            "they're all criminals deport them",
            "nobody wants your kind in this town",
            "these foreigners stink up the whole bus",
            "men are trash",
            "teenagers today are braindead zombies",
            "Go home and make babies, politics is for men.",
            "A wife should shut up and serve her husband.",
            "I don't rent to people with names like that.",
            (
                "My wife thinks that I should be more polite, but somebody has to say it: since "
                "all those families with their headscarves moved in, this street looks like a "
                "bazaar and I don't feel at home any more."
            ),
            (
                "I let a young man from over there cut my hedge once, and the next day my ladder "
                "was gone, so don't tell me about prejudice, they're simply made that way."
            ),
            (
                "A woman in a man's job is always the same story, first she cries, then she gets "
                "pregnant, and in the end we have to do her work as well."
            ),
            (
                "When I was a boy, people like that stayed out of sight, and it was better for "
                "everybody. Now they hold hands in front of the church and expect us to clap."
            ),
            (
                "If you let one of them into the team, he will bring his cousin, and the cousin "
                "will bring his uncle, and by summer nobody will speak our language in the "
                "changing room."
            ),
            "They have a different sense of time, you know, lazy by birth.",
            "The best immigrant is the one who leaves.",
            "It is no accident that the prisons are full of them.",
            "You can't trust a man who prays five times a day.",
            "Men can't raise kids, they're too dumb.",
            "I would not swim in a pool after those people have been in it.",
            "A lesbian is just a woman who couldn't get a husband.",
            "Jews own the papers, so you will not read the truth there.",
            "He's quite clever for a black man.",
            "She throws like a woman, thinks like a woman, and cries like one.",
            (
                "Do not hire anyone over fifty, they are slow and stubborn and they smell of "
                "cough drops."
            ),
            "Deaf people shouldn't be allowed to drive or to raise a child.",
            "Ship them all back, babies too.",
            "they live off us like ticks",
            "boys who dance are not right in the head",
            "The new doctor is a woman, so I went home again.",
            "My old boss was gay, and he was as hysterical as they all are.",
            "It was a nice beach until the foreigners found it.",
            (
                "I said good morning to the new family, they just stared, that is how they are, "
                "animals."
            ),
            "The last two shops in our street went to them, and now it stinks of garlic and goat.",
            "Today in the park there were more black faces than white ones, this has to stop.",
            "After the flood they were the first to hold out their hands, as always.",
            "In my day a girl like that was sent away to have it.",
            "The best joke of the year: a woman who coaches a men's team.",
            "He said he's a she now, somebody call the madhouse.",
        ],
        "validation": [
            "{Women|Ladies} and computers, that never goes well.",
            "Those {people|kids} only learn with the stick.",
            "I wouldn't let a {gay man|foreigner} look after my son.",
            "The {old|sick} should be left behind, they slow us down.",
            "Boys with long hair are sissies.",
            "They have different genes, that is why they steal.",
            "Since these families moved into our block, I count my spoons.",
            "no more mosques in my city, burn them",
            "Anyone in a wheelchair has no business on a stage.",
            (
                "I don't mind foreigners as long as they clean our floors and go home at night, "
                "but that they now want to sit in the council is where the fun ends."
            ),
        ],
        "test": [
            "{Wives|Daughters} should obey and be silent.",
            "Everyone knows that {southerners|islanders} are lazy and loud.",
            "You can smell a {beggar|camp} like that from ten miles away.",
            "People of {colour|that faith} don't fit into our choir, they have no manners.",
            "One of them is fine, but in groups they're a danger.",
            "Girls should not study physics, their heads are not made for it.",
            "Stop bringing those boats, let them sink.",
            "their kids are dumber than ours, it is science",
            "Blind people should stay at home instead of holding up the queue.",
            (
                "You can say what you like about the old days, but then a man was a man, the "
                "women knew where they stood and this town wasn't overrun by strangers who pray "
                "on carpets."
            ),
        ],
    },
}

NOT_HATE = {
    "plain_politics": {
        "train": [
            "The {vote|debate} on the budget takes place on Thursday.",
            "The {mayor|minister} opened the new bridge this morning.",
            "I {voted|registered} early because the queue was short.",
            "Who {won|lost} the election in your district?",
            "The party wants lower {taxes|rents} and better trains.",
            "The {president|chancellor} met her guests at the airport.",
            "My {aunt|neighbour} is running for the town council.",
            "The new law on {parking|recycling} starts in March.",
            "Turnout was {higher|lower} than four years ago.",
            "The {senate|parliament} will be back after the summer break.",
            "{Women|Black people} have had the vote here for a long time.",
            "{Immigrants|Disabled people} can apply for the grant until June.",
            "The {left|right} lost two seats and kept its majority.",
            "We need more {nurses|buses} in the countryside.",
            "The polls close at eight.",
            "Has the bill passed yet?",
            "The minister resigned, and her deputy takes over for now.",
            "Taxes went up again, so we'll have to save a bit.",
            "I read the whole programme of the party, it is long but clear.",
            "In my opinion the state should pay for school lunches.",
            "The council said no to the car park and yes to the playground.",
            "There was a strike at the port, it ended after the second round of talks.",
            "The protest was peaceful and the police only had to stop the traffic.",
            "Inflation has slowed down, but bread is still dear.",
            "I do not know yet whom to vote for.",
            "He has been a member of the union for thirty years.",
            "The two parties agreed to work together until the next election.",
            "The foreign secretary flies to the summit tonight.",
            "The court decided that the tax is legal.",
            "What do you think of the new school reform?",
            "Could someone explain to me how the second chamber works?",
            "The debate last night was lively, and both sides made good points about housing.",
            "I like her ideas on energy, but I'm not sure how she wants to pay for them.",
            (
                "The government fell after only nine months, and now there will be an early "
                "election in the autumn."
            ),
            (
                "A treaty was signed that shall end the war, both sides will give up their guns "
                "by May."
            ),
            "The border will be open again from Monday, travellers need a valid passport.",
            "Refugees who arrived last year may now work while they wait for a decision.",
            "The committee heard three experts and a farmer.",
            "My ballot did not arrive by post, where can I ask?",
            "The mayor wants a bike lane in our street, and I think it's about time.",
            "Both candidates came to our school and answered our questions.",
            "They are counting the votes by hand in the village hall.",
            "Politics isn't really my thing, but I watch the news.",
            "The green party wants to plant ten thousand trees.",
            "The opposition calls the plan too expensive, the cabinet disagrees.",
            "An independent candidate won by eleven votes.",
            "The king will give a speech at Christmas, as always.",
            (
                "I wrote to my representative about the noise from the airport and got a friendly "
                "letter back."
            ),
            "The death of the old senator was announced on the radio.",
            "The law that killed the small shops was changed at last.",
            "The campaign was hard, and the loser shook the hand of the winner.",
            "The ministry published the figures for May.",
            "Rents are the big issue in this election, at least in the cities.",
            "Our town hall is being painted.",
            "The budget for defence will grow by two percent.",
            "Some want a wall, some want a bridge, and the debate goes on.",
            "She gave up her seat to look after her parents.",
            "All adults may vote, also those who live abroad.",
            "The bomb in the old factory was from the last war, it was removed without harm.",
            "Immigration fell last year, the office of statistics says.",
            "The talk about the history of slavery was full, people were standing in the corridor.",
            "He was a soldier, later a teacher, and then he went into politics.",
            "the new speed limit is fine with me",
            "any news on the pension reform?",
            "just voted, took five minutes",
            "the mayor talks too long but means well",
            "polls are tight this year",
            "i think both parties have a point here",
            "Women from three parties wrote the bill together.",
            "The prime minister visits the flooded villages and promises help.",
            "The vaccine is free and you can get it at the town hall.",
            "Do you remember when we still paid with the old coins?",
            "Their leader is popular in the south and less so in the north.",
            "After the attack the parliament held a minute of silence.",
            "The referendum asks one question: shall the city buy back the water works?",
            "Members of the church and the mosque discussed the new law on burials.",
            (
                "After a long night of talks the two parties agreed on a plan for the railway, "
                "which will be built in three steps and paid for by a small tax on fuel."
            ),
            (
                "My grandfather voted for the same party all his life, my mother for the other "
                "one, and on election day they walked to the school together and argued all the "
                "way home."
            ),
            (
                "The mayor explained why the swimming pool has to close for a year, what it'll "
                "cost, and where the children can learn to swim in the meantime. The people had "
                "many questions."
            ),
            (
                "In the nineties the country had a war, and many families left. Some of them came "
                "back, others stayed here, opened shops and sent their kids to our schools."
            ),
            (
                "I am a member of no party and I do not trust promises, but I liked that the "
                "candidate came to our village hall, sat down and listened for two hours."
            ),
            "The crowd booed the minister, and then she answered every question.",
            "The coup failed within a day.",
            "A statue of a slave trader was moved to the museum.",
            "Pensioners and students get a cheaper ticket from May on.",
            "What does the mayor earn?",
            "They will vote on the death of the old tram, as the paper calls it.",
            "The senator called the tax a joke, and the chamber laughed.",
            "Women were not allowed to stand for parliament until then.",
            "The government is looking for homes for four hundred refugees.",
            "Gay couples may adopt since last summer.",
            "Our member of parliament has office hours on Fridays.",
            "I changed my mind about the reform after I had read it.",
            "Is it too late to vote by post?",
            "the opposition did well in the north",
            "no election this year, peace at last",
            "The election posters are all down, and the street looks naked.",
            (
                "My cousin counts votes in our village and says that it's the most boring night "
                "of the year."
            ),
            "There's a new minister for sport.",
            "The fight against poverty is the main point of the plan.",
            "The treaty bans the killing of whales.",
            "The young liberals and the old conservatives sing in the same choir.",
            "She stood for the greens and won her ward.",
            "They cut the money for roads and gave more to schools.",
            "The town has debts of nine million.",
            "The speaker asked the house to be quiet, twice.",
            "You can vote in any of the three halls.",
            "You have to bring your passport if you want to vote abroad.",
            "You should read the part about rents, it's on page four.",
            "Your vote counts, whoever you're going to choose.",
            "People should look at both plans before they decide.",
            "They will talk about the pension of all who work at night.",
            "All who have lived here for five years can become citizens.",
            "They're the smallest party, but they have two seats and a loud voice.",
            "If you have any questions for the mayor, you can send them to us.",
            (
                "The man with the red scarf and the woman beside him are the new members of the "
                "council."
            ),
        ],
        "validation": [
            "The {governor|ambassador} gave an interview about the harvest.",
            "The {tram line|library} will be decided on by the people in a vote.",
            "She {leads|joined} the liberal group in the assembly.",
            "When is the next {local|general} election?",
            "The coalition talks go into their third week.",
            "I am for the reform, my wife is against it, and we still have breakfast together.",
            "The farmers blocked the road to protest against the price of milk.",
            "They raised the minimum wage by fifty cents.",
            "no idea who will win, it is very close",
            (
                "There were eleven people at the meeting on the new bus line, most of them older "
                "than seventy, and they went through the whole plan and found two mistakes in it."
            ),
        ],
        "test": [
            "The {secretary|spokesman} will answer questions on Friday.",
            "Our {village|county} gets a new youth council.",
            "He {signed|read} the petition about the railway.",
            "What does the constitution say about {strikes|schools}?",
            "Parliament voted to keep the clocks as they are.",
            "The old president came to the opening with his dog.",
            "Asylum rules were eased by a court in spring.",
            "A mixed group of young and old voters tested the new machines.",
            "waiting for the results, anyone got a link",
            (
                "Before the war the border ran along the river, and my great uncle had to show "
                "his papers each time he went to his own field on the other bank."
            ),
        ],
    },
    "plain_sport": {
        "train": [
            "What a {goal|save} in the last minute!",
            "We won {three|four} to one and I have no voice left.",
            "The {striker|keeper} is injured and will miss the cup.",
            "The match starts at {eight|noon}, bring a scarf.",
            "She ran the {marathon|hundred metres} faster than ever.",
            "Our {coach|trainer} stays for another year.",
            "The {swimmer|skier} broke the record by a second.",
            "Training is on {Tuesday|Friday} in the small hall.",
            "The {referee|umpire} gave a penalty, and he was right.",
            "I {play|watch} tennis twice a week.",
            "They killed it in the {second half|final}, what a show.",
            "{Deaf people|Women} from six countries play in the tournament.",
            "The {home|away} fans sang the whole night.",
            "That {shot|pass} was sick, I have watched it ten times.",
            "My {son|daughter} scored her first goal today.",
            "Tough loss, but the boys fought hard.",
            "Final score two all.",
            "Who's your favourite player?",
            "The season starts again in August.",
            "We lost again, but the second half gave me hope.",
            "The derby is sold out.",
            "The wheelchair basketball team won gold, and the whole town was at the station.",
            "He beat the champion in five sets and then bought him a beer.",
            "She attacks from the left and shoots with the right, nobody can stop her.",
            "The defence was weak today and we deserved to lose.",
            "The referee did not see the foul, that can happen.",
            "It was a dirty game with nine yellow cards.",
            "We were destroyed in the first set and came back like lions.",
            "The dead ball was taken by the captain, straight into the wall.",
            "The clown of the team is also its best scorer, everybody loves him.",
            "Our horse came last and still got a carrot.",
            "The final was so tense that I nearly died on the sofa.",
            "The transfer fee is said to be twenty million.",
            "The new stadium has a roof and better toilets.",
            "Cycling up that hill is hell, but the view pays you back.",
            "I started climbing last winter, my arms hurt and I love it.",
            "The chess club meets in the back room, beginners are welcome.",
            "He missed a penalty and said sorry to the fans.",
            "She's a beast in the ring and the kindest person outside of it.",
            "That fighter is a monster, eleven wins in a row.",
            "The team from the islands surprised everyone and went through to the last eight.",
            (
                "For years nobody came to watch the women play, and now the ground is full on "
                "every Sunday."
            ),
            "The club fired its manager after seven defeats.",
            "The race was stopped because of the fog.",
            "I'd have taken the young lad off earlier, he looked tired.",
            "The bowlers were poor today and the batting was worse.",
            "They were too slow, too far apart and out of ideas, so four to nil is fair.",
            "Has anyone got a spare ticket for Saturday?",
            "How did the rugby end?",
            "How do I wash the mud out of these socks?",
            "No game today, the pitch is frozen.",
            "The old goalkeeper was honoured before the match.",
            "Both teams held up a banner against racism.",
            "My knee is bad, so I swim instead of running.",
            "The boxing match ended with a knockout in round six.",
            "Our hockey girls beat the boys in a friendly, and there was cake for all.",
            "It is only a game, see you next week.",
            "The gym was empty this morning, lovely.",
            "He shoots, he scores, and grandpa spills his tea.",
            "We play for fun, and we're terrible at it.",
            "There is a bus for fans at ten.",
            "The ref had a bad day, and so did our strikers.",
            "Our left back has quick feet, but he should pass sooner.",
            "The surfers waited all day for a wave.",
            "unlucky today lads, next week we get them",
            "great game, well played both sides",
            "anyone up for badminton tonight?",
            "what a comeback wow",
            "cant believe he missed that from two metres",
            "we were trash today lol, see you sunday",
            "My grandmother has had a season ticket since she was nine.",
            "The stupid hat brings luck, he wore it at all three wins.",
            "Muslims in the squad fast this month, so training is after sunset.",
            "The judges gave her a nine, I'd have given her a ten.",
            "They needed a draw and got it in a dull match without a shot on goal.",
            "The coach said his team was lazy before the break and brave after it.",
            "The loser of this game goes home, the winner meets the champions.",
            (
                "We were two goals down, it was raining, half of the fans had left, and then our "
                "youngest player came on and scored three times in ten minutes. I still can't "
                "believe it."
            ),
            (
                "My daughter did not want to go to judo at first because she was the only girl, "
                "but the others were kind to her, and now she has a yellow belt and never misses "
                "a lesson."
            ),
            (
                "The referee stopped the game because somebody threw a bottle, and when it went "
                "on, both teams were cold and tired, and nothing happened any more."
            ),
            (
                "It was the worst match I have seen this year. Nobody could pass, nobody could "
                "shoot, the keeper slipped twice, and the only good thing was the sausage at half "
                "time."
            ),
            (
                "I have been a fan of this little club for forty years, through three relegations "
                "and one cup, and my wife still asks me why I come home so sad."
            ),
            "The attack was blunt and the midfield asleep.",
            "That was a killer serve.",
            "She destroyed the field and won by a minute.",
            "Idiotic rule, that offside line, but it counts for both.",
            (
                "He is the dirtiest player on the pitch because he slides so much, his mother "
                "washes the shirt."
            ),
            "The bulls and the rats are two teams in our street league.",
            "How old is the new goalkeeper?",
            "Our captain is out with a broken leg, get well soon.",
            "Refugees from the home next door joined our running group.",
            "The coach shouted a lot, but he meant it well.",
            "They beat us fair and square.",
            "Darts is harder than it looks.",
            "Trans athletes and the rules was the topic of the talk at the club.",
            "nice catch",
            "the bike race goes past our house",
            "My first half marathon: slow, painful, happy.",
            "The old coach died last year, and the cup is named after him.",
            "A pathetic little putt, said the golfer about himself, and laughed.",
            "The team bus is stuck in the snow.",
            "Ten to one, that hurts.",
            "The under twelves won their first match and got ice cream from the coach.",
            "The match was a joke: no shots, no fouls, no fun.",
            "I am hopeless at skiing, but I like the huts.",
            "Which channel shows the final?",
            "You can get your ticket at the gate.",
            "You should stretch your legs before you run.",
            "You have to keep your eyes on the ball and your feet apart.",
            "They have one of the best keepers in the league.",
            "All of them are students, they train when they can.",
            "If you like running, you should come with us on Sunday.",
            "Your serve is much better now, let's work on the return.",
            "There are people who swim in that lake in winter, and they look happy.",
            "He'd like to play for his country one day.",
            "That man can run like a deer, even with the ball.",
        ],
        "validation": [
            "A {header|free kick} decided the match near the end.",
            "The {rowers|fencers} train in the dark before school.",
            "The {cup|league} goes to the better side this year.",
            "I {tore|pulled} a muscle at yoga, of all places.",
            "Second place, and the whole bus was singing.",
            "The centre forward was a nightmare for their defence.",
            "Fans threw flowers when the captain said goodbye.",
            "Are the tickets for the relay still on sale?",
            "good fight, shame about the last round",
            (
                "On the last day of the season we needed a point, and in the end it was our old "
                "defender, thirty-nine and with two bad knees, who kept the ball on the line."
            ),
        ],
        "test": [
            "The {winger|goalie} signed for two more years.",
            "The {pool|track} is closed for repairs until May.",
            "{Golf|Darts} is on channel four tonight.",
            "We {drew|tied} at home and the pies were cold.",
            "Snooker makes me sleepy in the best way.",
            "The visitors killed the game with a quick third goal.",
            "The jockey fell, got up and waved.",
            "Which shoes do you use on wet grass?",
            "gutted, but they were better than us",
            (
                "The sailors left the bay at dawn, lost a mast in the storm behind the island, "
                "and still came in fourth, to the surprise of all who had been waiting on the "
                "pier."
            ),
        ],
    },
    "plain_work": {
        "train": [
            "The {meeting|lesson} was moved to {Wednesday|room twelve}.",
            "I have a job interview {tomorrow|on Monday} and I'm nervous.",
            "Please send me the {invoice|report} by noon.",
            "The {printer|coffee machine} on the second floor works again.",
            "My {daughter|nephew} starts school in September.",
            "I made {soup|pancakes} for the whole family.",
            "It will {rain|snow} on the weekend.",
            "Does anyone know a good {dentist|plumber} in this area?",
            "The {parcel|sofa} arrived on time and looks nice.",
            "My new {phone|laptop} has a better battery.",
            "You forgot the {attachment|date}, could you send it again?",
            "Your {code|test} fails on line twelve, I left a comment.",
            "Can you pick up {milk|the kids} on the way home?",
            "How long do you {boil|fry} an egg?",
            "The {bakery|shop} on the corner is closed on Mondays.",
            "My {grandfather|mother} turned eighty and danced all night.",
            "We're looking for a {cook|driver} who can start in May.",
            "{Older people|Foreigners} can learn to use the computer here for free.",
            "Your {order|booking} is ready, thank you for waiting.",
            "The {cat|dog} is asleep on my keyboard.",
            "Good morning.",
            "Hello everyone.",
            "See you later.",
            "Are you coming?",
            "I love pizza.",
            "I like this song.",
            "What time is it?",
            "Where did you buy that coat?",
            "You can park behind the house.",
            "You should try the blue one, it fits you better.",
            "You need to restart the computer after the update.",
            "You'll get an answer within two days.",
            "She works as a nurse and likes the night shift.",
            "He's a teacher at my old school.",
            "The boss gave us the afternoon off.",
            "The exam was hard, but I think I passed.",
            "I have to hand in my essay on Friday and have not started.",
            "The train was late, so I missed the first half of the talk.",
            "The recipe needs two eggs, a little salt and a lot of patience.",
            "Our neighbour brought us tomatoes from his garden.",
            "We painted the kitchen yellow, and it took three days.",
            "The film was fine, a bit long, and the ending made me cry.",
            "The museum shows old maps until the end of April.",
            "The hotel was clean and the staff were helpful.",
            "I bought these shoes in the sale, half price.",
            "The update changed the menu, and now I can't find the search.",
            "How do I sort a list in this language?",
            "The password must have twelve letters and a number.",
            "The server will be down for an hour tonight.",
            "This phone costs less than the old one and takes better photos.",
            "I learned to drive at forty.",
            "It's so hot today that the chocolate melted in my bag.",
            "After the storm we had no power for a night and played cards by candle.",
            "The doctor says it's only a cold and I should drink tea.",
            "The babies in our family were all born in winter.",
            "There's a flea market by the river on Sunday.",
            "Could you turn the music down a little, please? The baby is sleeping.",
            "Sorry, I'm running ten minutes late.",
            "Do you want to have lunch with us?",
            "My sister moved to the coast and works for a company that builds boats.",
            "The class went to the zoo and saw pigs, apes, snakes and a very old rat.",
            "The cockroaches in the lab are used to test a new medicine.",
            "The farmer kills the weeds with hot steam.",
            "I read a book about the war, it made me sad.",
            "The joke about the horse is on page nine.",
            "The clown at the party made balloons for the kids.",
            "Our old dog died last week and the house is very quiet.",
            "The virus spreads more slowly in summer, doctors say.",
            "The ugly duckling was the story I liked best.",
            "She translated the letters of her great grandmother, who came here as a refugee.",
            "The garbage is collected on Tuesday, the paper on Friday.",
            "The company hires people of all ages.",
            "lunch at one?",
            "anybody got a charger",
            "new haircut today",
            "just made coffee, want some?",
            "rainy day, tea and a book",
            "on my way home now",
            "is the shop open on sunday",
            "the bus was full so i walked",
            "Two tickets to the sea, please.",
            (
                "I started in the post room when I was sixteen, then I drove a van for ten years, "
                "and now I run the depot with thirty people, some of whom taught me how to sort "
                "letters."
            ),
            (
                "The recipe says to wait until the dough has doubled, but in our cold kitchen "
                "that takes all day, so I put the bowl into bed with a hot water bottle."
            ),
            (
                "We had planned to go to the sea on Saturday, but the car would not start, so we "
                "spread the towels in the garden and the kids had just as much fun."
            ),
            (
                "My new job is quite far away, the train takes an hour, but my colleagues are "
                "nice, the canteen has good soup and I can read on the way."
            ),
            (
                "You asked how to change the language of the menu: open the settings, go to the "
                "third tab, choose your language from the list and restart the program. That's "
                "all."
            ),
            "I would like to return this coat, it is too small.",
            "My aunt from abroad is staying with us until Easter.",
            "Could you check my sums? I keep getting a different total.",
            "Your bill is due on the first of the month.",
            "You're number four in the queue.",
            "You will find the key under the pot.",
            "They are both vets, him and his wife.",
            "The woman at the desk gave me a map.",
            "The man upstairs plays the cello at night, quite well too.",
            "This girl from my class has a parrot.",
            "He's tall, has a beard and works in the bank.",
            "The kids next door built a hut.",
            "The idiot's guide to gardening is the title of a book that I gave my brother.",
            "Rats and mice are kept in separate rooms in the lab.",
            "what should i cook tonight",
            "You'll have to sign here and here.",
            "You are on the list, your seat is by the window.",
            "Your son left his cap in our car.",
            "You look tired, did you work late?",
            "Who would like to go to the cinema with me?",
            "They should be here by six, if the road is free.",
            "Let me know if you need anything from the shop.",
            "You never told me that you can play the piano.",
            "What do you do all day when it rains like this?",
            "Are you the one who sold me the blue bike?",
        ],
        "validation": [
            "The {lecture|workshop} is in the building behind the library.",
            "We {baked|bought} bread and ate it while it was warm.",
            "Can I {return|swap} the jacket without the receipt?",
            "My {brother|colleague} repairs old radios.",
            "Your appointment is at half past nine.",
            "There will be fog in the valley and sun on the hills.",
            "I sat next to a woman who knits socks for the whole village.",
            "The app needs access to the camera.",
            "dinner is ready, come down",
            (
                "Last week we moved the whole office to the second floor, the plants first, then "
                "the people, and nobody can find the stapler or the good cups since then."
            ),
        ],
        "test": [
            "The {office|kindergarten} stays closed between the holidays.",
            "I {planted|picked} some beans behind the shed.",
            "Which {bus|ferry} goes to the old harbour?",
            "My {roommate|cousin} makes very good dumplings.",
            "Please fill in the form and bring a photo.",
            "The lamp flickers when the fridge starts.",
            "You can borrow my bicycle until the summer.",
            "She finished her training as a carpenter last week.",
            "anyone seen my blue umbrella",
            (
                "The boy in the flat below is learning the violin, and his father told us that "
                "he'll play only between four and five, when most of us are out."
            ),
        ],
    },
    "firm_disagreement": {
        "train": [
            "I think you are wrong about this {law|film}, and I will tell you why.",
            "This {plan|reform} is a terrible idea and it will cost us millions.",
            "The {government|council} has failed on housing, plain and simple.",
            "Your {argument|proof} has a big hole in the middle.",
            "That's {nonsense|rubbish}, the figures say the opposite.",
            "The {minister|mayor} should resign over this contract.",
            "I {strongly|totally} disagree with you, but I respect your opinion.",
            "This {company|bank} has treated its customers badly for years.",
            "What a stupid {decision|rule}, it helps nobody.",
            "The {article|report} is full of mistakes and the headline is misleading.",
            "No, you can't {compare|mix} the two, they measure different things.",
            "I'm {furious|angry} about the new rent, and I'll write to the owner.",
            "The {tax|toll} is a joke, it hits those who have least.",
            "You keep saying that, but where is your {source|evidence}?",
            (
                "{Muslims|Christians} and others may disagree with me, but I think that the "
                "holiday should go."
            ),
            "I {hate|can't stand} this policy with every fibre of my body.",
            "You're {mistaken|wrong}, the war ended a year later.",
            "That was a {poor|weak} speech, he didn't answer one question.",
            "The {coach|manager} made the wrong call, and it lost us the game.",
            "Shame on the {airline|insurer} for charging families twice.",
            "I disagree.",
            "That is not true.",
            "You are wrong.",
            "You have not understood my point.",
            "With all respect, this makes no sense.",
            "Sorry, but this is just bad science.",
            "I couldn't disagree more with the author of this piece.",
            "Read the study again, please, it says nothing of the kind.",
            "The whole idea is garbage, and I have voted against it three times.",
            "It drives me mad that nobody in the ministry has done the maths.",
            "They promised us a school and built a car park, that's a scandal.",
            "The party has betrayed its own programme and it won't get my vote again.",
            "How can anyone call this fair? The rich pay less than the cleaners.",
            "Why on earth would we pay for a service that never works?",
            "You may be right about the price, but you're dead wrong about the quality.",
            "I find your tone too harsh, could we go back to the facts?",
            "Let us agree to disagree, I have to cook.",
            (
                "Killing this project would be a mistake, and I say so as someone who voted "
                "against it."
            ),
            "The new app is worse than the old one in every way, and the support does not answer.",
            "This bill would hurt refugees and help no one, so vote it down.",
            "It's wrong to ban the book, even if half of it's silly.",
            "Your review is unfair to the cook, we had a lovely meal there.",
            "I do not buy it, the numbers were picked to fit.",
            "The judgement is a disgrace to the law, and I hope the higher court corrects it.",
            "Religion should stay out of the classroom, that is my firm view.",
            "Stop the new motorway! It destroys the forest and it won't even save us time.",
            "This is the worst budget in twenty years, it kills every small theatre in the region.",
            "Whoever wins, this electoral system is broken and must go.",
            "The referee made three bad mistakes, and the league should look at the video.",
            "I'm disappointed in you, you promised to call.",
            "You were rude to my mother, and I want you to apologise.",
            "You broke the rules of this forum, so I deleted your post.",
            "Your essay is not good yet, the second part has no structure.",
            "You should have asked us first, now we have to do it all again.",
            "We tried it your way for a year and it did not work.",
            "Do not tell me that it cannot be done, other towns have done it.",
            (
                "Immigration needs clear rules, and the present ones are a mess that helps "
                "neither side."
            ),
            "I'm sick of empty words, show me a plan.",
            "To hell with this contract, we should never have signed it.",
            "The strike is a pain for all of us, but I see no other way.",
            "The journalist got the date wrong and should correct it.",
            "The director of the museum made a poor choice, and I told her so in a letter.",
            "My boss ignores every rule about overtime, so I'm going to the union.",
            "Their advertising is a lie from start to finish.",
            "The critics are too kind, it is a dull and lazy film.",
            "As a voter of this party I'm ashamed of what it did last week.",
            "No deal is better than this pathetic deal.",
            "Damn it, listen to the experts for once!",
            "Enough. We need a new law, and we need it now.",
            "Call me old fashioned, but I think phones have no place at dinner.",
            "this is wrong on so many levels, read the law",
            "hard no from me",
            "nope, thats not how vaccines work",
            "worst decision of the year and i will keep saying it",
            "the board messed up and we all pay for it",
            "i get your anger but this solves nothing",
            "you lost me at free parking, the rest is fine",
            "I'm against the death penalty, and nothing you say will change that.",
            "You call it freedom, I call it a bad deal for workers.",
            "The company poisoned the river and should pay for every dead fish.",
            (
                "I have been a member of this party for twenty years, I have knocked on doors in "
                "the rain, and I tell you that this leader and this programme will lose us the "
                "next election."
            ),
            (
                "You write that the new road will bring jobs, but you do not say which ones or "
                "how many, and you leave out the noise, the dirt and the four hundred trees. That "
                "is not honest."
            ),
            (
                "It makes me so angry that a company with billions in profit lets its drivers pee "
                "in bottles. Nobody should buy there until that stops, and I mean nobody."
            ),
            (
                "I respect your faith and I hope you respect my doubt, but a law is for all of "
                "us, and so I will keep fighting against this ban."
            ),
            (
                "No, no and no. We said so in spring, we said so in summer, and we say it again: "
                "this fee is unfair, it's stupid, and we won't pay it."
            ),
            "What you did was selfish, and I think you know it.",
            "Your speech was too long and your jokes weren't funny, but the first part was good.",
            "You drove too fast, please think of the kids in our street.",
            "You interrupted me three times, let me finish.",
            "We lost because of our own stupid mistakes and not because of the referee.",
            "This is a lazy argument.",
            "The bank lied to us, and I want to see its managers in court.",
            "The priest is wrong about women, and I said so after the service.",
            "I do not like how the paper writes about trans people, and I have cancelled it.",
            "The trainer was wrong to leave her on the bench.",
            "Cut the crap and show us the contract.",
            "This so-called reform is an insult to every teacher in the land.",
            "The council is asleep while the rents go through the roof.",
            "i would fire the whole board over this",
            "terrible take, but fun to read",
            "You shouldn't let your dog run there, there are lambs.",
            "You're asking the wrong question, look at who pays.",
            "You always say that the market will fix it, but it never does.",
            "People should be angry about this, it is their money that is wasted.",
            "If you think that this is justice, then we'll never agree.",
            "They have no right to read our letters, and they know it.",
            "Your whole plan rests on one number, and that number is wrong.",
            "Go and read what the treaty says, you will not find that word in it.",
            "Why are you so sure that it would be cheaper? Even your own party doubts it.",
            "No, you must not park there, and I'll report it if you do it again.",
        ],
        "validation": [
            "That {claim|statistic} is false, and it was false ten years ago.",
            "I {reject|oppose} this treaty, it gives away too much.",
            "This {railway|supplier} has let us down once too often.",
            "The {cuts|closures} are a slap in the face of every nurse.",
            "You misread the table, it shows the loss and not the gain.",
            "Honestly, the director ruined a good book.",
            "Their plan for the old port is madness.",
            "The senator dodged every question, and that isn't good enough.",
            "sorry but i dont agree with a single word of this",
            (
                "I know that you have put months into this design, and I am sorry to be so blunt, "
                "but nobody over sixty will be able to read it, and half of our readers are."
            ),
        ],
        "test": [
            "Your {theory|proposal} does not hold water.",
            "This {subsidy|deal} is a waste of public money.",
            "I {protest|object}, nobody told us about the vote.",
            "The {chairman|editor} handled this badly and owes us an answer.",
            "Nobody should have to work on such terms, it is shameful.",
            "We had this discussion in May and you were wrong then, too.",
            "What an idiotic law, repeal it.",
            "The hospital lost my file twice, so I will complain.",
            "strong disagree, the sequel was much better",
            (
                "If the minister had asked a single midwife before he wrote this decree, he'd "
                "have learned that it can't work, and he'd have saved us a year of anger."
            ),
        ],
    },
    "harsh_about_things": {
        "train": [
            "This {game|app} is absolute trash.",
            "My {computer|car} died again, I hate this thing.",
            "I am such {an idiot|a moron}, I left the keys inside.",
            "Damn, I {burnt|dropped} the cake.",
            "What the hell is wrong with this {printer|website}?",
            "I could kill for a {pizza|coffee} right now.",
            "This {queue|headache} is killing me.",
            "Go to hell, {Monday|maths}.",
            "Shut up, stupid {alarm|phone}, I am awake.",
            "I feel {stupid|ugly} today, bad hair and no sleep.",
            "Stupid {me|mistake}, I typed the wrong number.",
            "The {film|book} was so dumb that I walked out.",
            "That {song|advert} is an insult to my ears.",
            "My {brain|memory} is garbage before the first tea.",
            "The {soup|wine} tastes like feet.",
            "Worst {hotel|pizza} ever, dirty and overpriced.",
            "I look like a {clown|pig} in this jacket.",
            "Fuck this {weather|traffic}.",
            "Bloody hell, it's cold.",
            "Holy crap, what a storm.",
            "Shit, I missed the bus.",
            "Oh damn, wrong chat.",
            "I am so dumb, I paid the bill twice.",
            "I am the worst cook in the world, even the dog left.",
            "I hate myself for eating the whole cake.",
            "Ugh, I suck at parking.",
            "Die, you stupid weeds, die!",
            "This bloody spider can find another flat.",
            "I want to punch my screen.",
            "Someone please shoot this alarm clock.",
            "I would like to throw this phone in the river.",
            "The battery is a piece of shit and the screen is no better.",
            "My old bike is an ugly beast and it stinks of oil.",
            "The sequel is pathetic, a sad and lazy copy of the first one.",
            "This update is a crime, it killed my settings.",
            "The new logo looks like vomit.",
            "The plot is idiotic and the ending is a joke.",
            "That exam was hell on earth.",
            "The traffic today was murder.",
            "Mosquitoes are the scum of the earth.",
            "The rats got into the flour again, kill them all.",
            "I hope this winter dies soon.",
            "Burn in hell, you horrible tax form.",
            "I hate it when the milk is gone.",
            "My singing is a disgrace, the cat files a complaint every morning.",
            "My team is useless at trivia and so am I, we came last again.",
            "I made a fool of myself at the wedding, never again that punch.",
            "Why am I so lazy on Sundays?",
            "Why is this door such a bastard to open?",
            "What kind of stupid lock needs two hands and a hammer?",
            "The code I wrote last night is pure garbage, I must have been asleep.",
            "Whoever wins, the design of that trophy is hideous.",
            "The food was disgusting, cold chips and a burger made of cardboard.",
            "The microphone is trash, you can't hear a thing, and the cable is worse.",
            (
                "This is the dumbest washing machine, it sings when it's done and then it locks "
                "itself for an hour."
            ),
            "I detest coriander, it tastes of soap.",
            "I loathe ironing.",
            "Bugger, the shop is shut.",
            "The bloody lift is out again, seven floors with a pram.",
            "Screw this diet, I am having chips.",
            "My feet stink after that walk.",
            "The bathroom is a filthy mess, whose turn is it?",
            "I nearly died of boredom in that lecture.",
            "This town is dead after nine.",
            "The internet is a liar today, it says forty degrees.",
            "That was a shitty week, I need a hug.",
            "I am fat, I am old, and I am going to enjoy this ice cream.",
            "My own stupidity cost me forty euros and a good shirt.",
            "What a loser move, I replied to my own mail.",
            "Sometimes I think that my brain is a potato.",
            "fml i deleted the wrong folder",
            "this laptop can rot in hell",
            "omg this level is killing me",
            "dumb me forgot the tickets",
            "wtf is this weather",
            "i hate mondays so much",
            "worst coffee of my life",
            "the new season sucks",
            "i am trash at this game",
            "To the moth in my wardrobe: you're vile and your days are numbered.",
            "You stupid machine, give me my coins back.",
            "You ugly old lamp, you'll go to the dump tomorrow.",
            (
                "I got up at four to catch the stupid train, the stupid train didn't come, the "
                "stupid machine ate my card, and now I sit here in the cold and hate everything "
                "with wheels."
            ),
            (
                "First I poured salt into the coffee, then I locked myself out in my socks, and "
                "when I finally got to work it was Sunday. I am the biggest fool in town."
            ),
            (
                "This vacuum cleaner is the worst piece of garbage I ever bought, it howls like a "
                "wolf, it smells like a wet dog and it sucks up nothing but my socks."
            ),
            (
                "The book is three hundred pages of pathetic rubbish about a detective who hates "
                "the sea, and then the ugly thing ends in the middle of a sentence."
            ),
            (
                "To whoever invented the three minute song that plays while you wait on the "
                "phone: your invention is torture. The song is a disgrace, and my ears are "
                "bleeding."
            ),
            "My stupid knee again.",
            "Idiot that I am, I believed the weather report.",
            "I would kill the neighbour's rooster if I could, that beast starts at three.",
            "The wasps can all go and die.",
            "I was a coward and did not ask her to dance.",
            "I was born lazy and I'll die lazy, pass me the pillow.",
            "Get out of my kitchen, you filthy fly.",
            "Shut your beak, you mad parrot, it's midnight.",
            "My hair is a joke this morning.",
            "The shoes are so ugly that I had to buy them.",
            "This recipe is for morons, I thought, and then I burnt it.",
            "What a crap parking space, thanks, me.",
            "The lawn mower is dead, and good riddance.",
            "screw you, gravity",
            "i am so useless before noon",
            "You should see my face today, I look like a boiled pig.",
            "You can throw all of these plates away, they are ugly and they cut my fingers.",
            "There's nothing as stupid as a sock with a hole.",
            "You never work when I need you, you damn scanner.",
            "Like an idiot I let the bath run over.",
            "My big fat head doesn't fit into any hat.",
            "These boots are killing me, they should be banned.",
            "They are pure evil, those little stickers on apples.",
            "I am ugly when I cry, so do not look.",
            "What a pig of a day, everything went wrong, and now the heating is off as well.",
        ],
        "validation": [
            "The {heater|scanner} is one useless heap of metal.",
            "I {burned|ruined} the rice, what an idiot I am.",
            "To hell with this {zip|puzzle}.",
            "That {trailer|jingle} is revolting.",
            "Crap, my wallet is at home.",
            "You wretched tent, stand up or I'll set fire to you.",
            "The slugs must die before they eat all my salad.",
            "My handwriting is so ugly that I can't read it.",
            "god this airport is a nightmare",
            (
                "After six hours of that awful flight, with a screen that was broken and a meal "
                "that looked like a dead sponge, I swore never to set foot in a plane again."
            ),
        ],
        "test": [
            "The {mixer|router} is a miserable heap of junk.",
            "I'm a {fool|donkey}, I watered the plastic plant.",
            "I want to strangle whatever beeps in this {kitchen|cellar}.",
            "The {musical|podcast} was painfully stupid.",
            "Bah, this tea is vile.",
            "Curse you, folding chair, you bit me again.",
            "The bugs in this release make me want to scream.",
            "My jokes are lame and my puns are worse.",
            "killed my phone with coffee today, great",
            (
                "There's a smell in the fridge, a truly evil one, and I have thrown out the "
                "cheese, the fish and the sprouts, and still it sits there and laughs at me."
            ),
        ],
    },
    "thanks_and_jokes": {
        "train": [
            "{Thanks|Thank you} for the help, you are a lifesaver.",
            "You {idiot|clown}, I missed you so much, come here.",
            "Shut up, that is {amazing|wonderful} news!",
            "You are a {genius|star}, it works now.",
            "Your {cake|soup} is to die for.",
            "Well done, {genius|champ}, you really solved it, I'm impressed.",
            "You {killed|nailed} it on stage tonight!",
            "I'd {kill|die} for your hair, it looks so good.",
            "Happy birthday, you old {goat|fool}, we love you.",
            "You {beast|monster}, you ran the whole thing without a break.",
            "Wow, what a {talk|speech}, I learned so much.",
            "My {dad|grandpa} thinks he's funny, and sadly he is.",
            "I am {jealous|sick with envy}, that view is unreal.",
            "Haha, you {got|fooled} me there, good one.",
            "Congratulations on the {baby|new job}!",
            "You're so {bad|wicked}, I laughed through the whole film.",
            "Bravo, that was the best {concert|school play} in years.",
            "How {sweet|kind} of you to think of me.",
            "You {made|saved} my day.",
            (
                "{Women|Gay people} like you are the reason why I am not afraid to be myself, "
                "thank you."
            ),
            "Thanks a million.",
            "You rock.",
            "Love you, silly.",
            "Lovely photo.",
            "Nice work, everyone.",
            "You're the best thing that happened to this team.",
            "You were right and I was wrong, sorry about that.",
            "Great question, I had to think about it for a while.",
            "Bless you for staying so late.",
            "I am not saying that my cooking is bad, but the smoke alarm cheers me on.",
            "My dog is an idiot and I love every stupid bone in him.",
            "My brain has left for the weekend without me.",
            "My wife says I'm a pig, and then she steals my bacon.",
            "We call him the professor, because he always has a pencil behind his ear.",
            "Dear diary, today I was beaten at chess by a six year old.",
            "I told my plants a joke, and now they're dying of laughter.",
            "Of course I can dance, my doctor just asks me not to.",
            "I put the pro in procrastinate.",
            "I am so old that my first phone had a cord.",
            "You and your stupid puns, never stop.",
            "You crazy bunch, that was the party of the year.",
            "You lucky devil, front row seats!",
            "Damn, you look good in that suit.",
            "Damn, girl, that solo was sick.",
            "Get out of here, you won? I'm so proud of you!",
            "Stop it, you are killing me, my belly hurts from laughing.",
            "I hate you, how can you eat so much and stay so slim, you lucky thing?",
            "Only you could get lost in your own garden, and that's why we adore you.",
            "What a brilliant idea, let's do it.",
            "Oh wow, you did all this by yourself? It looks fantastic.",
            "Amazing, every word of your letter made me smile.",
            "I wish I had half your courage.",
            "Nobody makes tea like you.",
            "Nobody tells a story better than my uncle, even if none of it is true.",
            "Your children are so polite, you can be proud of them.",
            "I have never laughed so much at a funeral, she would have loved it.",
            "The speaker was brilliant, clear and funny, I could have listened for hours.",
            "This teacher changed my life, she never gave up on me.",
            "The nurse who looked after me was an angel.",
            "The bus driver waited for me, what a legend.",
            "Our neighbour is a genius with tools, he fixed the fence in ten minutes.",
            "The guy who made this game is a genius.",
            "Whoever wrote this made me cry in the best way.",
            "To the person who found my purse: thank you, the world needs more people like you.",
            "You should be ashamed of how good this tastes.",
            "You should be on television with that voice.",
            "You have no idea how much your message meant to me.",
            "You'll be a great father, don't be afraid.",
            "You're never too old to learn the drums, go for it.",
            "You can do this, we believe in you.",
            "Sorry for being such a grumpy cow this morning, I had no coffee.",
            "Come over, you big baby, I will make you some soup.",
            "My sister and I fight like cats, but nobody else may say a word against her.",
            "Knock knock. Who's there? Your tax bill.",
            "I'd insult my brother, but we have the same nose.",
            "lol you clown that was hilarious",
            "thank u so much ur the best",
            "haha stop it i am dying",
            "miss you loser, when are you back in town",
            "good job team",
            "congrats!! so happy for you",
            (
                "When I was ill, you brought me soup every evening, you fed the cat, you even "
                "watered that ugly plant which nobody likes, and I will never forget it."
            ),
            (
                "I have been to many weddings, but I have never seen a groom who fell into the "
                "cake, got up, bowed and went on dancing. You're my hero."
            ),
            (
                "My brother and I have called each other stupid every day for thirty years, and "
                "he was the first who drove through the snow when my house had no heating."
            ),
            (
                "At first I thought this video would be boring, but your voice is so calm and "
                "your drawings are so clear that even an old fool like me understood the tax "
                "form."
            ),
            (
                "Grandpa says that he will live to a hundred just to annoy the pension office, "
                "and the way he eats his greens I believe him."
            ),
            "My goldfish has more followers than I do.",
            "You cheeky devil, you let me win.",
            "I came, I saw, I forgot what I wanted in the kitchen.",
            "You monsters ate all the pancakes, I'm so proud.",
            "He's a disaster in the kitchen and the best dad in the world.",
            "She's the boss, I only work here, says her husband.",
            "Our teacher is strict, funny and fair, we're lucky.",
            "You look ten years younger with that beard off.",
            "Who needs a gym with kids like ours?",
            "The referee bought us all a drink, what a nice chap.",
            "You are a wizard, the screen is back.",
            "I laughed so hard that I scared the pigeons.",
            "You may be small, but you cook like a giant.",
            "get some sleep you maniac, you earned it",
            "killer outfit, love it",
            "You are always there when I need you.",
            "You should all be proud of what you have done.",
            "You look like a film star with those glasses.",
            "You always know what to say, what would I do without you?",
            "If you were a biscuit, you'd be the one with chocolate on both sides.",
            "Nobody would believe us if we told them about this night.",
            "You have a good heart and a big mouth, never lose either.",
            "They should give you a medal for that lasagne.",
            "Go, go, go! You're nearly there!",
            "You have got to be kidding, a cake in the shape of my head?",
        ],
        "validation": [
            "You {absolute|total} legend, thanks for the lift.",
            "Your {pie|curry} made me weep with joy.",
            "I {adore|worship} you for fixing that bug.",
            "Shut the door, you got {engaged|the part}?",
            "You silly sausage, of course I forgive you.",
            "My knees make more noise than the radio.",
            "The waiter was charming and gave my son an extra spoon.",
            "I owe you a beer, a cake and probably a kidney.",
            "hahaha ok that was evil, well played",
            (
                "Whoever left a warm scarf and a note on the bench by the station, you should "
                "know that it kept a very tired student from crying on the coldest day of the "
                "year."
            ),
        ],
        "test": [
            "You {mad|brilliant} creature, you knitted all of it?",
            "Your {jam|bread} should be illegal, I ate the lot.",
            "What a {gem|hero} you are, the lights are back on.",
            "I {salute|thank} whoever left the umbrella for me.",
            "Our vet is pure gold.",
            "You rotter, you hid the last biscuit, I taught you well.",
            "I asked for a sign and got a speeding ticket.",
            "She sang like a bird and the whole hall stood up.",
            "best. gift. ever. cheers mate",
            (
                "My mother in law came for a weekend, stayed for a month, taught me four songs "
                "and a rude card game, and when she left the whole house cried."
            ),
        ],
    },
    "misspelt_plain": {
        "train": [
            "ur {dog|cat} is so cute lol",
            "wat {time|day} is the meeting agen",
            "thx 4 ur {help|anser} m8",
            "im so {tierd|tird} today",
            "does any1 no a good {dentest|resteraunt} here",
            "i {luv|loove} this song",
            "cant wait 4 the {weekend|holidayz}",
            "{definately|defintely} coming tomorow",
            "hapy {birfday|birthday} bro",
            "this {game|fone} is so gud",
            "u were {brillant|amazin} last nite",
            "lol im so {stoopid|dum} i forgot my own bday",
            "{recieved|recived} ur letter yesterday thank you",
            "wether is {realy|reely} nice today",
            "omg i nearly {dyed|died} laffing",
            "the {teecher|techer} was ill so no skool",
            "where r u",
            "c u later",
            "u ok?",
            "thats gr8",
            "wich bus do u take",
            "i dont no wat to wear",
            "sory im late agen",
            "lets go too the park",
            "my fone dyed in the middel of the call",
            "plese send the adress",
            "its rainin cats n dogs",
            "hav u eaten yet",
            "just woke up lol wat did i miss",
            "she sed yes!!! were geting married",
            "were is the libary",
            "u forgot ur bag at my place",
            "u shud try the new bakry its realy good",
            "i thikn you are right abuot the budget",
            "the elction is on sundy dont forget ur id",
            "tehy won the match 3 2 woooo",
            "gud game lads unluky",
            "wot a save by the keepr",
            "my mum makes the best lasanya",
            "trian is late agian",
            "i haet this printr it never werks",
            "stoopid alarm woke me at 5",
            "dam i mist the bus",
            "this ap is trash it keeps crashin",
            "who ate my yogert",
            "im not angry just hungrey",
            "the goverment shud fix the rods",
            "i dont agree wiv u but ok",
            "no offence but i think ur wrong abowt the date",
            "u wrote it diffrent in ur last mesage, wich one is rite?",
            "tahnks for evrything, ur a good frend",
            "congradulations u two",
            "we shuold meet more offen",
            "i beleive in you",
            "dont be sad it wil be beter tomoro",
            "ur so funny i cant breath",
            "ur the best sis in the wurld",
            "such a beutiful pic",
            "ur hair looks gr8",
            "u made my day fr",
            "ur a genious thx it works now",
            "shuttt up no way u got the job!!",
            "my bro is such a clown he made us all laff",
            "i am terible at speling as u can see",
            "id kill 4 a coffe rn",
            "its so hott i am meltin",
            "any1 wanna play tonite",
            "nd a new charger wich one is gud",
            "hw do i reset my pasword",
            "the sofware is slow sins the updait",
            "my litle sister startet school toady",
            "gona cook sumthing nice 2nite",
            "got the tikets lets goooo",
            "w8 4 me im comin",
            "brb dinnr",
            "ther are 2 many emails in my inbox",
            "my naybor plays the gitar evry evning its lovly",
            "immigrents from my street opend a cafe and the cakes r so gud",
            "muslim frends invited us for diner was realy nice",
            "the wimens team playd so well yestrday",
            "a blind man showd me the way lol he knos the city beter then me",
            "pepole are so kind here",
            "i like traffic lihgts",
            "jobb interveiw went ok i gues",
            "wen does the shop opn",
            "old peple in our choir sing beter than us haha",
            (
                "so i went to the docter becos of my nee n he sed its nothing bad i just shud "
                "rest it for a weak or to n drink lots of watter"
            ),
            (
                "we had such a gud time at ur hous yestrday, the food was delishous n the kids "
                "stil talk abot ur dog, plese come to us next munth"
            ),
            (
                "can sumbody help me wiv my computr, evry time i opn the brouser it says sumthing "
                "abot a certifcate n then the hole screen gos blak"
            ),
            (
                "i red the artikel abot the new law n i think its a mistake becos it wil hurt "
                "smal shops but i can see wy sum peple want it"
            ),
            (
                "fist day at the new job was scarry but evryone was so frendly n the bos even "
                "showd me were they hide the biskits"
            ),
            "im gona kill it at the tallent show hehe",
            "u crazy kids r the best",
            "the refs desision was rong but wotever we wun",
            "pritty sunset 2nite",
            "my dum dog ate my homwork fr",
            "i suck at maths can u help",
            "stupit me i put salt in the coffe",
            "wats ur favrit coler",
            "u look tierd, get sum sleep",
            "thay r siblings not a cuple lol",
            "the moskito bits r killin me",
            "gess wat, im an unkle now",
            "this rane wont stop",
            "hury up the film starts in 5",
            "u can hav my old bike its stil ok",
            "u shud al cum to the party",
            "wat r u doin on saterday",
            "ur shoos r at my plase",
            "if u like fish u shud go there",
            "u r not late dont worry we just startet",
            "can u tel ur mum i sed hi",
            "who r the peple next to u in the foto",
            "ur so tall now lol wen did that hapen",
            "u can hav ur money bak on munday",
            "they r al so nice at ur werk",
        ],
        "validation": [
            "soo {exited|exsited} for the concert",
            "can sum1 {lend|giv} me a pen",
            "this {cheeze|chese} is delishus",
            "wear did u get thoes {shoos|boots}",
            "happpy new yeer every1",
            "my granma is lerning to text its adorabel",
            "i burnd the toste agen im hopeless",
            "mised u at practise, hope ur feelin beter",
            "the sin is shinning lets go swiming",
            (
                "we got lost in the forrest for three ours but then a nice old cuple showd us the "
                "way n gave us aples"
            ),
        ],
        "test": [
            "{tommorow|tmrw} i hav an exam wish me luk",
            "ths {sup|bred} is yumy",
            "wat a luvly {piktcher|foto}",
            "{apreciate|aprishiate} it man",
            "do u wana share a taxy",
            "parliment is on tv agen so borin",
            "jus finishd the bok, it was awsome",
            "dont worry abt it, hapens to evrybody",
            "hung the dam shelf upsid down haha",
            (
                "has enyone tryed the new bus to the airpoart, is it quik or shud i get the trane "
                "insted"
            ),
        ],
    },
    "about_insults": {
        "train": [
            "He called me {an idiot|a loser} in front of the whole class, and I cried.",
            "Please stop calling each other {names|clowns}, we are here to talk about trains.",
            "I was told that I am {ugly|worthless} for years, and I believed it.",
            "My {son|daughter} is bullied at school, what can I do?",
            "Nobody deserves to be called {a pig|trash}.",
            "You aren't {stupid|a failure}, whatever he told you.",
            "Somebody wrote '{die|kill yourself}' under my picture, how do I report that?",
            "She was fired because she called a customer a {cow|moron}.",
            "The word '{idiot|moron}' was once used by doctors.",
            (
                "The {actor|player} was told to go back to his country, and the crowd booed the "
                "man who said it."
            ),
            "Comments such as 'you are all {scum|vermin}' will be removed.",
            "The old {doctor|priest} never said a bad word about anyone.",
            "If you tell {women|gay people} to shut up, you'll be banned here.",
            "Do you think it's okay to call {refugees|immigrants} a plague? I don't.",
            "The {coach|teacher} said sorry for having called the boys lazy.",
            "My ex used to tell me that nobody would ever {love|want} me.",
            "She doesn't hate {you|men}, she just wants to be paid the same.",
            "No one here thinks that you're {dumb|a burden}.",
            "Insults are not allowed in this group.",
            "I don't want to hear that word in my house.",
            "It hurts to be laughed at because of my accent.",
            "He got two months in prison for writing that he'd kill the mayor.",
            "Please do not die, we need you.",
            "If you feel worthless or want to die, please talk to someone, there's help.",
            "My grandmother was spat at in the street for wearing a star.",
            "I'm a trans woman and I get threats every day, so I stopped reading my messages.",
            "When I was fat, strangers told me so on the bus, as if I didn't know.",
            "The sign on the door said that Jews were not served, it hangs in the museum now.",
            "In the novel the villain calls the hero a worm and a coward.",
            "In the play, the queen shouts 'off with his head', and the children love it.",
            "The report quotes a driver who told a cyclist that he'd run him over.",
            "Teachers are told to act when one child calls another a freak.",
            "Is 'clown' an insult?",
            "What does it mean when someone calls you a snowflake?",
            "How do I answer a colleague who says that women can't do maths?",
            "I hate it when people make fun of the homeless.",
            "I hate bullies, I hate racism, and I hate that we still have to say so.",
            "Racism is a disgrace and has no place in our stadium.",
            "They laughed at his old shoes, and I wish I had said something.",
            "The fans who made monkey noises have been banned for life.",
            "My boss shouts at us and calls us useless, should I quit?",
            "Someone told my mother to speak English or leave, and the whole bus told him off.",
            "You called me a liar, and that was not fair.",
            "You can criticise the plan without calling its author a fool.",
            "You don't have to like her, but you may not threaten her.",
            "Don't listen to those who say that you don't belong here.",
            "The troll who sent those messages turned out to be twelve.",
            "Half of the letters to the journalist were insults, the other half were recipes.",
            "I said something stupid about deaf people, I have learned since, and I'm sorry.",
            "I regret that I called you a coward.",
            "He apologised for telling the referee to go and hang himself.",
            "Black people get stopped by the police more often, a study found.",
            "People assume that I'm dumb because I stutter.",
            "My uncle says that all foreigners are thieves, and every Christmas we argue about it.",
            "The film shows how neighbours began to call neighbours rats.",
            "A poster that says 'women belong in the kitchen' was taken down after complaints.",
            "Hate mail is a crime in some countries.",
            "The class wrote a list of words that hurt and then tore it up.",
            "'You will never amount to anything', my teacher said, and now I run the school.",
            "They said I was too old and too slow. I finished the race.",
            "The chat was full of hate against the new keeper, so the club closed it.",
            "Whoever says that disabled people are a burden has never met my brother.",
            "Calling someone a pig because of their weight is cruel.",
            "Telling people to kill themselves is never a joke.",
            "Not all men are like that, and nobody said so.",
            "Do you have rules against abuse on this page?",
            "somebody keeps calling me a freak online and i dont know what to do",
            "pls stop bullying her",
            "why do people write such mean things",
            "he said im ugly and it ruined my week",
            "no one should be told to go back where they came from",
            "Being called lazy hurts when you work two jobs.",
            "My little brother asked me what a moron is.",
            "Our rule is simple: attack the idea and not the person.",
            "I used to hate my body, today I went swimming.",
            "The song is about a boy whom everyone calls useless.",
            "She reported the man who had threatened to burn down her shop.",
            "A stranger called me a waste of space, and my friends bought me cake.",
            "This model should notice that 'get out of my country' is hostile.",
            (
                "In my first year at the new school the others called me fish face, hid my shoes "
                "and wrote horrible things on my bag, and it took me a long time to tell my "
                "parents."
            ),
            (
                "The player said after the match that he had heard the insults from the stands, "
                "that he had cried in the changing room, and that he would come back and play on."
            ),
            (
                "When I hear people say that the unemployed are lazy parasites, I think of my "
                "father, who wrote two hundred applications after the mine had closed and never "
                "got an answer."
            ),
            (
                "I read this thread with a heavy heart. There are ways to say that an article is "
                "bad without calling the woman who wrote it a cow, so please try again."
            ),
            (
                "My students collected what was shouted at them in the street because of their "
                "skin or their scarf, and then they read it out in the town hall. It was very "
                "quiet."
            ),
            "How do I explain to my kids why somebody painted that on the mosque?",
            "It isn't funny to tell a girl that she belongs in the kitchen.",
            "She said that I was the worst mother ever, she's fourteen, it'll pass.",
            "The letter said 'we know where you live', so we went to the police.",
            "He asked me what a loser is, and I told him that there are none in our family.",
            "Never let anyone tell you that you're nothing.",
            "'Nobody likes you', said the wolf to the fox in my favourite book.",
            "My therapist says that I should stop calling myself an idiot.",
            "Why do so many people think that they may insult a referee?",
            "The court fined a man who had called a policewoman a stupid cow.",
            "Being gay isn't an illness, so don't call it one.",
            "The old song makes fun of redheads, we do not sing it any more.",
            "Name calling isn't an argument.",
            "stop telling people to die over a video game",
            "they called my sister fat and she stopped eating",
            "That joke about blondes wasn't nice, you know.",
            "I know he's difficult, but he isn't a monster.",
            "You shouldn't have to read things like that at work.",
            "You are nobody's burden, and you should not believe him.",
            "If people call you names, you can show us the messages and we will help.",
            "They should not be allowed to shout that people like me have no brain.",
            "You wouldn't say that to her face, so don't write it.",
            "Why do they always call women ugly when they run out of arguments?",
            "What would you do if someone told you to go back to your country?",
            "All he ever heard at home was that he's useless, so be gentle with him.",
            "Somebody told your brother that he is fat, and now he will not eat.",
            "You can be angry with them and still not call them animals.",
        ],
        "validation": [
            "They {shouted|yelled} that I was a freak, I just kept walking.",
            "It's never right to make fun of {wheelchairs|an accent}.",
            "My {pupils|patients} tell me about the nasty words they hear.",
            "The user who wrote that {Jews|Muslims} should leave has been blocked.",
            "'Coward' was the last thing he said to me before he left.",
            "I don't think you're ugly, and those who say so aren't your friends.",
            "The museum explains why leaflets compared people to insects.",
            "Would you call this sentence an insult or a joke?",
            "she was told to shut up by half the room, poor thing",
            (
                "An old man in my street told me how the other children threw stones at him and "
                "called him a dirty refugee, and that one of them is now his best friend."
            ),
        ],
        "test": [
            "I won't let you {mock|insult} my friend, please leave it.",
            "The {singer|pilot} spoke about the abuse that she gets online.",
            "They wrote '{pig|rat}' on his locker, and nobody helped.",
            "Being told that {asylum|love} is a crime broke her heart.",
            "As a kid I was the one everybody called dumb.",
            "Threatening a judge will bring you before one.",
            "Which words count as abuse in your rules?",
            "The victim said that he had been called filth and beaten.",
            "my own dad calls me a disappointment, how do i cope",
            (
                "The reporter has received so many messages in which strangers wish her an "
                "accident that she no longer opens them, a colleague now does it for her once a "
                "week."
            ),
        ],
    },
}

TEMPLATES = {**HATE, **NOT_HATE}
